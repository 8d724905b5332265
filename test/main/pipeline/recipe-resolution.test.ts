import { describe, expect, it } from 'vitest';
import { WrongUsage } from '../../../main/failure.ts';
import { builtInRecipes } from '../../../main/pipeline/built-in-recipes.ts';
import { applySettings, parseRecipe } from '../../../main/pipeline/recipe.ts';
import { type CollectionFacts, resolveRecipe } from '../../../main/pipeline/resolve-recipe.ts';

const facts: CollectionFacts = { labelled: 4000, unlabelled: 41_000, classes: 10, medianImageSizePx: 32 };

const builtIn = (name: string, settings: readonly string[] = []) =>
  applySettings(parseRecipe(builtInRecipes[name]), settings);

describe('a recipe for a collection', () => {
  const selected = (unlabelled: number, ...settings: string[]) => {
    const { recipe, explanations } = resolveRecipe(builtIn('default', settings), { ...facts, unlabelled });
    const said = explanations.filter(({ path }) => path.startsWith('select.'));
    return { k: recipe.select.k, topP: recipe.select.topP ?? recipe.label.topP, said };
  };

  it("keeps the paper's share of a large collection, and says so", () => {
    const because = '0.16 · 100000 unlabelled images / 10 classes, the paper’s ratio';
    expect(selected(100_000)).toEqual({ k: 1600, topP: 3, said: [{ path: 'select.k', value: 1600, because }] });
  });

  it('keeps a thousand a class, or half, of a smaller one, each image for one class alone', () => {
    expect(selected(41_000)).toMatchObject({ k: 1000, topP: 1, said: [{ path: 'select.topP' }, { path: 'select.k' }] });
    expect(selected(3209)).toMatchObject({ k: 160, topP: 1 });
    // A P given in a recipe is kept.
    expect(selected(3209, 'label.topP=2')).toMatchObject({ k: 160, topP: 2 });
    expect(selected(3209, 'select.topP=2', 'select.k=40')).toMatchObject({ k: 40, topP: 2, said: [] });
  });

  it('lets an image be selected for every class if images may have several', () => {
    const several = { ...facts, classes: 4, unlabelled: 800, several: true } as const;
    const { recipe } = resolveRecipe(builtIn('default'), several);
    expect([recipe.label.topP, recipe.select.topP ?? recipe.label.topP]).toEqual([4, 4]);
    expect(resolveRecipe(builtIn('default'), { ...several, classes: 80 }).recipe.label.topP).toBe(10);
  });

  it('omits settings at their original values, so that runs keep their names', () => {
    const names = (...settings: string[]) => {
      const { select, pretrain } = resolveRecipe(builtIn('default', settings), facts).recipe;
      return JSON.stringify({ select, pretrain });
    };
    expect(names('pretrain.targets=hard', 'select.precision=null')).toBe(names());
    expect(names()).not.toMatch(/targets|precision|kBy/);
    expect(names('pretrain.targets=soft')).toContain('"targets":"soft"');
    expect(names('select.precision=0.9')).toContain('"precision":0.9');
  });

  it('takes the K of the paper’s rule as the most where the precision curve is to find it', () => {
    const { k, said } = selected(100_000, 'select.k=curve');
    expect(k).toBe(1600);
    expect(said[0]?.because).toContain('at most 0.16 ·');
    expect(resolveRecipe(builtIn('default', ['select.k=curve']), facts).recipe.select.kBy).toBe('curve');
  });

  it('keeps at least one image a class', () => {
    expect(resolveRecipe(builtIn('default'), { ...facts, unlabelled: 3 }).recipe.select.k).toBe(1);
  });

  it("has the paper's numbers at the paper's size", () => {
    const imageNet = { labelled: 1_281_167, unlabelled: 100_000_000, classes: 1000, medianImageSizePx: 375 };
    const { recipe } = resolveRecipe(builtIn('paper'), imageNet);
    expect(recipe.select.k).toBe(16_000);
    expect(recipe.label.topP).toBe(10);
    expect(recipe.pretrain.images).toBe(1_000_000_000);
    expect(recipe.pretrain.schedule).toMatchObject({
      kind: 'warmupHalving',
      startRate: 0.1,
      peakRate: expect.closeTo(0.6, 12),
    });
    expect(recipe.finetune.schedule).toMatchObject({ kind: 'step', peakRate: 0.0015, factor: 10, phases: 3 });
    expect(recipe.finetune.images).toBe(30 * 1_281_167);
  });

  it.each(Object.keys(builtInRecipes))('leaves nothing automatic: %s', (name) => {
    const settings = name === 'paper' ? ['label.topP=5'] : [];
    const { recipe, explanations } = resolveRecipe(builtIn(name, settings), facts);
    const { engine: _device, teacher, student, ...rest } = recipe;
    expect(JSON.stringify([rest, teacher.training])).not.toContain('"auto"');
    expect(student.model).not.toBe('');
    for (const { because } of explanations) expect(because).not.toBe('');
  });

  it('says which tensors AdamW decays where they are not all, as the names of runs have it', () => {
    const optimiserOf = (...settings: string[]) =>
      resolveRecipe(builtIn('paper', ['label.topP=5', 'pretrain.optimiser.kind=adamw', ...settings]), facts).recipe
        .pretrain.optimiser;
    const numbers = { kind: 'adamw', firstDecay: 0.9, secondDecay: 0.999, epsilon: 1e-8, weightDecay: 0.05 };
    expect(optimiserOf()).toStrictEqual({ ...numbers, decayed: 'matrices' });
    expect(optimiserOf('pretrain.optimiser.decayed=all')).toStrictEqual(numbers);
  });

  it('fits the size to the images', () => {
    const size = (medianImageSizePx: number) =>
      resolveRecipe(builtIn('default'), { ...facts, medianImageSizePx }).recipe.imageSizePx;
    expect([20, 32, 50, 100, 224, 3000].map(size)).toEqual([32, 32, 48, 96, 224, 224]);
  });

  it('says where a smaller picture takes as long as a larger one', () => {
    const said = (settings: readonly string[]) =>
      resolveRecipe(builtIn('default', settings), { ...facts, medianImageSizePx: 500 }).explanations.filter(
        ({ path, because }) => path === 'imageSizePx' && because.includes('take as long as'),
      );
    expect(said(['imageSizePx=32']).map(({ because }) => because)).toEqual([
      'on the teacher’s network, pictures of 32 pixels take as long as pictures of 128 would',
      'on the student’s network, pictures of 32 pixels take as long as pictures of 128 would',
    ]);
    expect(said(['imageSizePx=64'])).toEqual([]);
    expect(said(['imageSizePx=32', 'teacher.model=small-basic', 'student.model=small-basic'])).toEqual([]);
  });

  it('refuses more classes an image than there are', () => {
    const wanted = () => resolveRecipe(builtIn('paper'), { ...facts, classes: 3 });
    expect(wanted).toThrow(WrongUsage);
    expect(wanted).toThrow(
      'label.topP is 10, but the project has 3 classes: an image can stand in at most that many; lower label.topP.',
    );
  });

  it('refuses a K larger than the pool', () => {
    const wanted = () => resolveRecipe(builtIn('cifar-small'), { ...facts, unlabelled: 2500 });
    expect(wanted).toThrow(WrongUsage);
    expect(wanted).toThrow(
      'select.k is 3000, but the project has only 2500 unlabelled images: lower select.k to at most that, or leave it at auto.',
    );
  });
});

describe('cifar-small', () => {
  it('is the small-scale reference', () => {
    const { recipe } = resolveRecipe(builtIn('cifar-small'), facts);
    const optimiser = { momentum: 0.9, weightDecay: 5e-4, nesterov: true };
    const cycle = (peakRate: number) => ({ kind: 'oneCycle', peakRate, warmupShare: 0.15 });
    const crop = { crop: 'reflectPad', cropPaddingPx: 4, horizontalFlip: true, colourJitter: 0, randomErasing: 0 };
    const lengths = [
      [recipe.teacher.training, 120_000, 0.2],
      [recipe.supervised.training, 120_000, 0.2],
      [recipe.pretrain, 250_000, 0.2],
      [recipe.finetune, 40_000, 0.01],
    ] as const;
    for (const [training, images, peakRate] of lengths) {
      expect(training).toMatchObject({ images, optimiser, schedule: cycle(peakRate), labelSmoothing: 0, dropout: 0 });
      expect(training.augmentation).toMatchObject({ ...crop, mix: 'none' });
    }
    expect(recipe).toMatchObject({ imageSizePx: 32, batch: 128, label: { topP: 3 }, select: { k: 3000 } });
    expect(recipe.teacher).toMatchObject({ width: 48, blocks: [1, 1, 1], stem: 'small' });
    expect(recipe.student).toMatchObject({ width: 16, blocks: [1, 1, 1], stem: 'small' });
  });
});
