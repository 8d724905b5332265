import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { architectureNames } from '../../../main/models/family.ts';
import { builtInRecipes } from '../../../main/pipeline/built-in-recipes.ts';
import { applySettings, loadRecipe, parseRecipe, RecipeInvalid } from '../../../main/pipeline/recipe.ts';

const message = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof RecipeInvalid) return error.message;
    throw error;
  }
  throw new Error('nothing was thrown');
};

describe('a recipe', () => {
  it("is the paper's where it says nothing", () => {
    const recipe = parseRecipe({});
    expect(recipe.select).toEqual({
      k: 'auto',
      order: 'ranked',
      balanced: true,
      leakGuard: true,
      nearDuplicateGuard: true,
    });
    expect(recipe.pretrain.optimiser).toEqual({ momentum: 0.9, weightDecay: 1e-4, nesterov: false });
    expect(recipe.pretrain.schedule).toMatchObject({ kind: 'warmupHalving', startRate: 0.1, halvings: 13 });
    expect(recipe.finetune.schedule).toMatchObject({ kind: 'step', factor: 10, phases: 3 });
  });

  it('is the same after it was written and read', () => {
    for (const input of Object.values(builtInRecipes)) {
      const recipe = parseRecipe(input);
      expect(parseRecipe(JSON.parse(JSON.stringify(recipe)))).toEqual(recipe);
    }
  });

  it('names devices as earlier recipes did and further cards by number', () => {
    const named = (device: string) => parseRecipe({ engine: { device } }).engine.device;
    expect(['auto', 'cpu', 'dml', 'directml', 'cuda', 'cuda:1', 'tensorflow'].map(named)).toEqual([
      'auto',
      'cpu',
      'directml',
      'directml',
      'cuda',
      'cuda:1',
      'tensorflow',
    ]);
  });

  it.each([
    [{ labell: {} }, 'The recipe has no setting “labell”; did you mean “label”?'],
    [{ select: { kk: 5 } }, 'The recipe has no setting “select.kk”; did you mean “select.k”?'],
    [
      { pretrain: { schedule: { kind: 'step', factr: 5 } } },
      'The recipe has no setting “pretrain.schedule.factr”; did you mean “pretrain.schedule.factor”?',
    ],
    [{ batch: 0 }, "The recipe's batch is 0: it must be at least 1."],
    [{ batch: 2.5 }, "The recipe's batch is 2.5: it must be a whole number or auto."],
    [{ batch: 'big' }, `The recipe's batch is "big": it must be a number or auto.`],
    [
      { engine: { device: 'gpu' } },
      `The recipe's engine.device is "gpu": it must be auto or cuda or directml or coreml or webgpu or cpu or tensorflow or onnxcuda.`,
    ],
    [{ engine: { device: 7 } }, "The recipe's engine.device is 7: it must be a text."],
    [{ select: { order: 'best' } }, `The recipe's select.order is "best": it must be ranked or random.`],
    [{ heldOut: { fraction: 1 } }, "The recipe's heldOut.fraction is 1: it must be less than 1."],
    [{ student: { model: 'resnet18', blocks: [] } }, "The recipe's student.blocks is []: it must be at least 1 long."],
    [{ student: { model: 'resnet18', blocks: [1, 0] } }, "The recipe's student.blocks.1 is 0: it must be at least 1."],
    [
      { student: { model: 'resnet81' } },
      `The recipe's student.model is "resnet81": it must be ${architectureNames.join(' or ')}.`,
    ],
    [
      { pretrain: { schedule: { kind: 'cosin', peakRate: 1 } } },
      `The recipe's pretrain.schedule.kind is "cosin": it must be warmupHalving or step or cosine or oneCycle or constant.`,
    ],
    [
      { pretrain: { schedule: { kind: 'cosine', peakRate: '' } } },
      `The recipe's pretrain.schedule.peakRate is "": it must be a number or auto.`,
    ],
    [{ select: [] }, "The recipe's select is []: it must be a group of settings, {…}."],
    [null, 'The recipe is null: it must be a group of settings, {…}.'],
  ])('says what is wrong with %j', (input, expected) => {
    expect(message(() => parseRecipe(input))).toBe(expected);
  });
});

describe('settings', () => {
  const recipe = parseRecipe({});

  it('change single values, as JSON or bare words', () => {
    const changed = applySettings(recipe, [
      'select.k=2000',
      'student.model=resnet50',
      'teacher.blocks=[1,1,1]',
      'supervised.enabled=false',
      'pretrain.optimiser.weightDecay=5e-4',
    ]);
    expect(changed.select.k).toBe(2000);
    expect(changed.student.model).toBe('resnet50');
    expect(changed.teacher.blocks).toEqual([1, 1, 1]);
    expect(changed.supervised.enabled).toBe(false);
    expect(changed.pretrain.optimiser.weightDecay).toBe(5e-4);
    expect(recipe.select.k).toBe('auto');
  });

  it('give a group that is left out by any of its settings', () => {
    expect(recipe.teacher.tags ?? null).toBeNull();
    const { tags } = applySettings(recipe, ['teacher.tags.images=300', 'teacher.tags.loss=sigmoid']).teacher;
    expect(tags).toEqual({ images: 300, loss: 'sigmoid', most: 1500, least: 5 });
  });

  it('change the kind of a schedule, in any order', () => {
    const settings = ['pretrain.schedule.warmupShare=0.3', 'pretrain.schedule.peakRate=0.2'];
    const expected = { kind: 'oneCycle', peakRate: 0.2, warmupShare: 0.3 };
    expect(applySettings(recipe, ['pretrain.schedule.kind=oneCycle', ...settings]).pretrain.schedule).toEqual(expected);
    expect(applySettings(recipe, [...settings, 'pretrain.schedule.kind=oneCycle']).pretrain.schedule).toEqual(expected);
  });

  it('keep the rate and the rest of a schedule whose kind stays', () => {
    const before = applySettings(recipe, ['pretrain.schedule={"kind":"cosine","peakRate":0.4,"warmupShare":0.5}']);
    expect(applySettings(before, ['pretrain.schedule.kind=cosine']).pretrain.schedule).toEqual(
      before.pretrain.schedule,
    );
    expect(applySettings(before, ['pretrain.schedule.kind=constant']).pretrain.schedule).toEqual({
      kind: 'constant',
      peakRate: 0.4,
    });
  });

  it.each([
    ['select.q=3', 'The recipe has no setting “select.q”; did you mean “select.k”?'],
    ['pretran.images=3', 'The recipe has no setting “pretran”; did you mean “pretrain”?'],
    ['pretrain.shedule.kind=cosine', 'The recipe has no setting “pretrain.shedule”; did you mean “pretrain.schedule”?'],
    ['teacher.tags.imagez=3', 'The recipe has no setting “teacher.tags.imagez”; did you mean “teacher.tags.images”?'],
    ['teacher.startFrom.file=x', 'The recipe has no setting “teacher.startFrom.file”: startFrom is a single value.'],
    ['select.k.most=3', 'The recipe has no setting “select.k.most”: k is a single value.'],
    ['select.k', '“select.k” is not a setting: write key=value, such as select.k=2000.'],
    ['=3', '“=3” is not a setting: write key=value, such as select.k=2000.'],
    ['select.k=many', `The recipe's select.k is "many": it must be a number or auto or curve.`],
    [
      'pretrain.schedule.peakRate=fast',
      `The recipe's pretrain.schedule.peakRate is "fast": it must be a number or auto.`,
    ],
    ['pretrain.optimiser.kind=adam', `The recipe's pretrain.optimiser.kind is "adam": it must be sgd or adamw.`],
    [
      'pretrain.optimiser.firstDecay=0.5',
      'The recipe has no setting “pretrain.optimiser.firstDecay”; did you mean “pretrain.optimiser.weightDecay”?',
    ],
  ])('say what is wrong with %s', (setting, expected) => {
    expect(message(() => applySettings(recipe, [setting]))).toBe(expected);
  });

  it.each(['__proto__.polluted=1', 'select.__proto__.polluted=1', 'constructor.prototype.polluted=1', 'toString=1'])(
    'reach nothing outside the recipe through %s',
    (setting) => {
      expect(message(() => applySettings(recipe, [setting]))).toMatch(/^The recipe has no setting/);
      expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
    },
  );
});

describe('loading a recipe', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'understudy-recipe-'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  it('finds built-in ones by name', async () => {
    for (const name of ['default', 'paper', 'cifar-small', 'demo'])
      await expect(loadRecipe(name)).resolves.toBeDefined();
  });

  it('reads a file, also one that begins with a byte order mark', async () => {
    const path = join(folder, 'marked.json');
    await writeFile(path, '\uFEFF{"select":{"k":7}}');
    expect((await loadRecipe(path)).select.k).toBe(7);
  });

  it('says what is wrong with a name or a file', async () => {
    const broken = join(folder, 'broken.json');
    await writeFile(broken, '{"select":');
    await expect(loadRecipe(broken)).rejects.toThrow(/broken\.json is not JSON/);
    await expect(loadRecipe('papr')).rejects.toThrow(
      'There is no recipe “papr”: give a JSON file or one of default, paper, cifar-small, demo, clips, clips-small.',
    );
    await expect(loadRecipe('constructor')).rejects.toThrow(RecipeInvalid);
  });
});
