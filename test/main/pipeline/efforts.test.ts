import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createProject, type Project } from '../../../main/catalogue/project.ts';
import { architecture } from '../../../main/models/family.ts';
import { referenceWeights } from '../../../main/models/reference-weights.ts';
import { bring } from '../../../main/pipeline/bring-teacher.ts';
import type { EffortName } from '../../../main/pipeline/effort-kinds.ts';
import { effortOf, STEPS_AT_MOST } from '../../../main/pipeline/efforts.ts';
import { importFolder } from '../../../main/pipeline/import-folder.ts';
import { keepRecipe, lastRecipe } from '../../../main/pipeline/kept-recipe.ts';
import { MeasuredRates } from '../../../main/pipeline/measured-rates.ts';
import { onnxModel } from '../../../main/pipeline/onnx-model.ts';
import { applySettings } from '../../../main/pipeline/recipe.ts';
import { here } from '../command-here.ts';
import { writeJpeg } from '../image-files.ts';
import { writeMotions } from '../images/motion-files.ts';
import { KnownDevice } from './known-device.ts';

const [SLOW, FAST] = [2e10, 2e15];

let root: string;
let project: Project;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'understudy-efforts-'));
  project = await createProject(join(root, 'project'));
  let seed = 1;
  const size = { widthPx: 120, heightPx: 110 };
  for (const name of ['ant', 'bee', 'cow']) {
    for (let index = 0; index < 6; index++) {
      await writeJpeg(join(root, 'labelled', name, `${index}.jpg`), { seed: seed++, ...size });
    }
  }
  for (let index = 0; index < 12; index++) {
    await writeJpeg(join(root, 'unlabelled', `${index}.jpg`), { seed: seed++, ...size });
  }
  await importFolder(project, { kind: 'labelled', folder: join(root, 'labelled'), split: 'train' });
  await importFolder(project, { kind: 'unlabelled', folder: join(root, 'unlabelled'), split: null });
  await keepRecipe(project, applySettings(await lastRecipe(project), ['engine.device=cpu', 'seed=5']));
});
afterAll(async () => {
  await project.close();
  rmSync(root, { recursive: true });
});

async function effort(
  name: EffortName,
  multiplyAddsPerSecond: number,
  set: readonly string[] = [],
  of: Project = project,
) {
  const rates = new MeasuredRates(join(root, 'settings'));
  let steps = 0;
  const made = await effortOf(of, name, {
    ...{ rates, set, trials: new KnownDevice(rates, multiplyAddsPerSecond) },
    onStep: () => {
      steps += 1;
    },
  });
  expect(steps).toBeGreaterThan(0);
  expect(steps).toBeLessThanOrEqual(STEPS_AT_MOST);
  const { recipe, because, estimate } = made;
  return {
    ...made,
    networks: [recipe.teacher.model, recipe.student.model],
    because: because.join(' '),
    seconds: estimate.seconds ?? Number.NaN,
  };
}

it('quick ends within minutes on a slow device: small networks, small pictures, trainings cut', async () => {
  const quick = await effort('quick', SLOW);
  expect(quick.networks).toEqual(['small-basic', 'small-basic']);
  expect(quick.seconds).toBeLessThan(200);
  expect(quick.because).toMatch(
    /^Small networks learn from pictures of \d+ × \d+ pixels\. Larger networks would learn too little/,
  );
  const slower = await effort('quick', SLOW / 20);
  expect(slower.seconds).toBeLessThan(200);
  expect(slower.recipe.imageSizePx).toBe(32);
  expect(slower.because).toMatch(/Trainings are cut so that all of it takes about 3 min\./);
});

it('a faster device learns with larger networks in the same time, and nothing is cut where there is time for all', async () => {
  const quick = await effort('quick', FAST);
  expect(quick.networks).toEqual(['resnet18', 'resnet18']);
  expect(quick.because).toBe('Networks of middle size learn from pictures of 96 × 96 pixels.');
  expect(quick.recipe.teacher.training.images).toBe('auto');
  expect(quick.seconds).toBeLessThan(180);
});

it('balanced takes half an hour at most; best is the paper’s, however long it takes, and says so', async () => {
  const balanced = await effort('balanced', SLOW);
  expect(balanced.seconds).toBeLessThan(2000);
  const best = await effort('best', SLOW);
  expect(best.networks).toEqual(['resnext101_32x4d', 'resnet50']);
  expect(best.recipe.teacher.training.schedule.kind).toBe('warmupHalving');
  expect(best.because).toMatch(/as long as the paper’s are/);
  const quick = await effort('quick', SLOW);
  expect(quick.seconds).toBeLessThan(balanced.seconds);
  expect(balanced.seconds).toBeLessThan(best.seconds);
});

it('keeps what the project computes on and holds out; what is asked for beside it stands over it', async () => {
  const { recipe } = await effort('quick', SLOW, ['imageSizePx=48', 'pretrain.images=1000']);
  expect(recipe).toMatchObject({ seed: 5, engine: { device: 'cpu' }, imageSizePx: 48, pretrain: { images: 1000 } });
});

it('continues with what was begun if the next measurement differs a little', async () => {
  const before = await lastRecipe(project);
  const first = await effort('quick', SLOW / 20);
  await keepRecipe(project, first.recipe);
  const again = await effort('quick', SLOW / 26);
  expect(again.recipe).toEqual(first.recipe);
  expect(again.estimate.stages.map(({ runId }) => runId)).toEqual(first.estimate.stages.map(({ runId }) => runId));
  expect((await effort('quick', SLOW / 200)).recipe).not.toEqual(first.recipe);
  await keepRecipe(project, before);
});

it('eyes that were brought are the teacher’s in all three, and are trained by none', async () => {
  const network = { ...architecture('small-basic', 10), layers: [1, 1], width: 16 };
  const rest = { classNames: [], imageSizePx: 32, provenance: {} };
  writeFileSync(join(root, 'eyes.onnx'), onnxModel({ network, weights: referenceWeights(network), ...rest }));
  const { id } = await bring(project, join(root, 'eyes.onnx'), {});
  for (const name of ['quick', 'balanced', 'best'] as const) {
    const { recipe, because, estimate } = await effort(name, SLOW);
    expect(recipe.teacher.features).toBe(id);
    expect(because).toMatch(/^The teacher uses the features of eyes\.onnx; a .*student.* learns from pictures of/);
    expect(estimate.stages[0]).toMatchObject({ stage: 'teacher', images: 15 });
  }
});

it('where images have several classes, all efforts train a teacher of their own, whose images stand in each class', async () => {
  const several = await createProject(join(root, 'several'), { labels: 'several' });
  try {
    await importFolder(several, { kind: 'labelled', folder: join(root, 'labelled'), split: 'train' });
    await importFolder(several, { kind: 'unlabelled', folder: join(root, 'unlabelled'), split: null });
    await bring(several, join(root, 'eyes.onnx'), {});
    for (const name of ['quick', 'balanced', 'best'] as const) {
      const { recipe, explanations, estimate } = await effort(name, SLOW, [], several);
      expect(recipe.teacher.features).toBeNull();
      expect(explanations).toContainEqual(expect.objectContaining({ path: 'label.topP', value: 3 }));
      expect(estimate.seconds).toBeGreaterThan(0);
    }
  } finally {
    await several.close();
  }
});

it('on the command line it is refused beside a recipe, and by a name that there is not', async () => {
  const folder = project.directory;
  const refused = await here('run', folder, '--effort', 'quick', '--recipe', 'demo');
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toContain('--effort makes its own recipe: leave out --recipe.');
  expect((await here('run', folder, '--effort', 'best of all')).stderr).toContain(
    'Allowed choices are quick, balanced, best.',
  );
});

it('clips are learnt from by networks for clips, and not mirrored', async () => {
  const clips = await createProject(join(root, 'clips-project'), { clipFrames: 8 });
  try {
    const shape = { sizePx: 40, frames: 10, noise: 4 };
    await writeMotions(join(root, 'motions'), { each: 4, first: 0, labelled: true }, shape, 3);
    await writeMotions(join(root, 'more-motions'), { each: 3, first: 100, labelled: false }, shape, 3);
    await importFolder(clips, { kind: 'labelled', folder: join(root, 'motions'), split: 'train' });
    await importFolder(clips, { kind: 'unlabelled', folder: join(root, 'more-motions'), split: null });
    const quick = await effort('quick', SLOW, [], clips);
    expect(quick.networks).toEqual(['small-clips', 'small-clips']);
    expect(quick.because).toMatch(/^Small networks for clips learn from clips of 8 frames of \d+ × \d+ pixels\./);
    const best = await effort('best', SLOW, [], clips);
    expect(best.networks).toEqual(['r2plus1d_34', 'r2plus1d_18']);
    for (const { recipe } of [quick, best]) {
      const trainings = [recipe.teacher.training, recipe.supervised.training, recipe.pretrain, recipe.finetune];
      expect(trainings.map(({ augmentation }) => augmentation.horizontalFlip)).toEqual([false, false, false, false]);
    }
  } finally {
    await clips.close();
  }
});
