/** A teacher that learns tags before it learns classes: the images and targets, the loss, and the resulting runs. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { at } from '../../../main/at.ts';
import type { Project } from '../../../main/catalogue/project.ts';
import { loadSelection } from '../../../main/catalogue/selection.ts';
import { CPU } from '../../../main/engines/device.ts';
import { engineOf } from '../../../main/engines/engines.ts';
import { builtInExperiment } from '../../../main/experiments/built-in-experiments.ts';
import { groundOf, planExperiment } from '../../../main/experiments/plan-experiment.ts';
import { describeModel } from '../../../main/models/checkpoint.ts';
import { architecture } from '../../../main/models/family.ts';
import { initialState } from '../../../main/models/network.ts';
import { initialTrainingState, trainingProgram } from '../../../main/models/programs.ts';
import { learntTags } from '../../../main/pipeline/learnt-tags.ts';
import { runMethod } from '../../../main/pipeline/method.ts';
import { openWorkspace } from '../../../main/pipeline/open-workspace.ts';
import { plannedRuns } from '../../../main/pipeline/planned-runs.ts';
import { openModel } from '../../../main/pipeline/train-stage.ts';
import { CounterRandom } from '../../../main/random.ts';
import { fillEach } from '../../../main/training/soft-targets.ts';
import { colouredProject } from './coloured-project.ts';

let root: string;
let project: Project;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'understudy-tags-'));
  project = await colouredProject(root);
});
afterAll(async () => {
  await project.close();
  rmSync(root, { recursive: true, force: true });
});

const SHORT = [
  ...['imageSizePx=16', 'batch=8', 'student.width=16', 'teacher.width=16', 'label.topP=3', 'select.k=4'],
  ...['supervised.enabled=false', 'teacher.training.images=32', 'pretrain.images=16', 'finetune.images=16'],
  ...['select.leakGuard=false', 'select.nearDuplicateGuard=false'],
];

async function reach(tags: string | undefined) {
  const set = [...SHORT, ...(tags === undefined ? [] : [`teacher.tags=${tags}`])];
  const { workspace, collection } = await openWorkspace(
    project,
    { recipe: 'demo', device: 'cpu', set },
    { signal: new AbortController().signal, tell: () => {} },
  );
  const planned = await plannedRuns(project, workspace.recipe, collection, 'teacher');
  const runs = await runMethod(workspace, collection, 'teacher');
  expect(planned.map(({ id }) => id)).toEqual([...(runs.tags ? [runs.tags.id] : []), runs.teacher.id]);
  return { ...runs, collection, workspace, planned };
}

it('says in a sentence that there are no tags, before anything is trained', async () => {
  await expect(reach('{}')).rejects.toThrow(/Only 0 tags have at least 5 images: .* set teacher\.tags to null\.$/);
});

it('shares an image’s target over its frequent tags, and looks at no held-out image', async () => {
  const plain = await reach(undefined);
  expect(plain.teacher.parents).toEqual([]);
  // Every image is tagged as a picture, and with its colour; one has a tag that no other image has.
  await project.database.run("INSERT INTO image_tags SELECT id, 'picture' FROM images");
  await project.database.run(
    "INSERT INTO image_tags SELECT id, lower(regexp_extract(relative_path, '^([A-Za-z]+)', 1)) FROM images",
  );
  const [one = 0] = plain.collection.unlabelled;
  await project.database.run(`INSERT INTO image_tags VALUES (${one}, 'seldom')`);
  const learning = { images: 16, loss: 'softmax', most: 10, least: 5 } as const;
  const { names, imageIds, targets, digest } = await learntTags(project, plain.collection, learning);
  expect(names).toEqual(['picture', ...names.slice(1).toSorted()]);
  expect(new Set(names)).toEqual(new Set(['picture', 'crimson', 'green', 'blue']));
  const { heldOut, labelled, unlabelled } = plain.collection;
  expect([...imageIds]).toEqual([...labelled.imageIds, ...unlabelled].sort((a, b) => a - b));
  expect(heldOut.imageIds.length).toBeGreaterThan(0);
  expect(targets.width).toBe(2);
  expect(new Set(targets.shares)).toEqual(new Set([0.5]));
  expect(Array.from(imageIds.keys(), (image) => targets.outputs[2 * image])).toEqual(Array.from(imageIds, () => 0));
  // Fewer tags, and each image has one of them.
  const first = await learntTags(project, plain.collection, { ...learning, most: 1, least: 1 }).catch((error) => error);
  expect(String(first)).toContain('Only 1 tag has at least 1 images');
  await project.database.run(`DELETE FROM image_tags WHERE image_id = ${one} AND tag = 'seldom'`);
  expect((await learntTags(project, plain.collection, learning)).digest).toBe(digest);
  await project.database.run(`DELETE FROM image_tags WHERE image_id = ${one} AND tag = 'picture'`);
  expect((await learntTags(project, plain.collection, learning)).digest).not.toBe(digest);
});

it('trains the teacher on tags and then on classes, as two runs, and by a sigmoid as others', async () => {
  const plain = await reach(undefined);
  const { tags, teacher, collection, planned } = await reach('{"images": 48}');
  expect(tags).toMatchObject({ stage: 'tags', state: 'succeeded', metrics: { imagesProcessed: 48 } });
  expect(teacher.parents).toEqual([tags?.id]);
  expect(teacher.id).not.toBe(plain.teacher.id);
  expect(planned[0]).toMatchObject({ stage: 'tags', images: 48 });
  const learnt = await describeModel(await openModel({ project }, { id: tags?.id ?? '' }));
  expect(new Set(learnt.classNames)).toEqual(new Set(['picture', 'crimson', 'green', 'blue']));
  const model = await describeModel(await openModel({ project }, teacher));
  expect(model.classNames).toEqual(collection.classNames);
  const each = await reach('{"images": 48, "loss": "sigmoid"}');
  expect(each.tags?.id).not.toBe(tags?.id);
  expect(each.tags?.metrics.finalLoss).toBeGreaterThan(0);
  // Finished runs are reused.
  expect((await reach('{"images": 48}')).teacher).toEqual(teacher);
});

it('is an experiment of its own where there are tags', async () => {
  const ground = await groundOf(project, { recipe: 'demo', device: 'cpu', set: SHORT });
  const made = builtInExperiment('weakly-supervised', ground);
  expect(made.cells.map(({ name }) => name)).toEqual(['teacher from random weights', 'teacher that learnt tags first']);
  const plan = await planExperiment(project, made, ground, 2);
  expect(plan.variants.length).toBe(2);
});

it('a selection by tags takes any images of the class’s tag, and is the baseline of the fifth recommendation', async () => {
  const set = [...SHORT, 'select.by=tags', 'select.k=3'];
  const { workspace, collection } = await openWorkspace(
    project,
    { recipe: 'demo', device: 'cpu', set },
    { signal: new AbortController().signal, tell: () => {} },
  );
  const planned = await plannedRuns(project, workspace.recipe, collection, 'select');
  const { select } = await runMethod(workspace, collection, 'select');
  expect(planned.at(-1)?.id).toBe(select?.id);
  const { imageIds, classIds } = await loadSelection(project, select?.id ?? '');
  expect(imageIds.length).toBe(9);
  const paths = await project.database.rows('SELECT id, relative_path FROM images');
  const pathOf = new Map(paths.map((row) => [Number(row.id), String(row.relative_path)]));
  for (const [row, imageId] of imageIds.entries()) {
    const name = collection.classNames[collection.classIds.indexOf(at(classIds, row))] ?? '';
    expect(pathOf.get(imageId)?.startsWith(`${name}-`)).toBe(true);
  }
  const ground = await groundOf(project, { recipe: 'demo', device: 'cpu', set: SHORT });
  expect(builtInExperiment('selection', ground).cells.at(-1)?.name).toBe('random, balanced by tags');
  await project.database.run("DELETE FROM image_tags WHERE tag = 'green'");
  const [other] = (await plannedRuns(project, workspace.recipe, collection, 'select')).slice(-1);
  expect(other?.id).not.toBe(select?.id);
});

it('the sigmoid loss is the sum over the classes of each one’s cross-entropy, to float64', async () => {
  const [batch, classes, imageSizePx] = [3, 4, 16] as const;
  const network = { ...architecture('small-basic', classes), width: 8 };
  const program = trainingProgram({
    ...{ network, batch, imageSizePx, labelSmoothing: 0, dropoutRate: 0, softTargets: true, loss: 'sigmoid' },
    optimiser: { momentum: 0.9, weightDecay: 0, nesterov: false },
  });
  const session = await engineOf(CPU).prepare(program, initialTrainingState(program, initialState(network, 3)), {
    device: CPU,
    threads: 1,
  });
  try {
    const random = new CounterRandom(5);
    const images = Float32Array.from({ length: batch * 3 * imageSizePx ** 2 }, () => random.uniform() - 0.5);
    const known = [[0, 2], [1], [0, 1, 3]];
    const targets = new Float32Array(batch * classes * 2);
    const soft = {
      width: 3,
      outputs: Int32Array.from(known.flatMap((row) => [0, 1, 2].map((place) => row[place] ?? -1))),
      shares: new Float32Array(9).fill(0.5),
    };
    for (let image = 0; image < batch; image++) {
      fillEach(soft, image, targets.subarray(2 * classes * image, 2 * classes * (image + 1)));
    }
    const inputs = new Map([
      ['images', images],
      ['targets', targets],
      ['learningRate', Float32Array.of(0.01)],
    ]);
    const outputs = await session.run(inputs);
    const logits = outputs.get('logits') ?? new Float32Array();
    let wanted = 0;
    for (let image = 0; image < batch; image++) {
      for (let output = 0; output < classes; output++) {
        const logit = at(logits, image * classes + output);
        const is = known[image]?.includes(output) ?? false;
        wanted += Math.log1p(Math.exp(is ? -logit : logit)) / batch;
      }
    }
    expect(at(outputs.get('loss') ?? new Float32Array(), 0)).toBeCloseTo(wanted, 4);
  } finally {
    await session.dispose();
  }
});
