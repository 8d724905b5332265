import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { changeClass } from '../../../main/catalogue/classes.ts';
import { CHOSEN_IMAGES, decide } from '../../../main/catalogue/decisions.ts';
import type { Project } from '../../../main/catalogue/project.ts';
import { centreCrop } from '../../../main/images/augment.ts';
import { decodeSquare } from '../../../main/images/decode.ts';
import { fileAt } from '../../../main/images/image-locator.ts';
import { loadModel, saveModel } from '../../../main/models/checkpoint.ts';
import { architecture } from '../../../main/models/family.ts';
import { initialState, type NetworkConfig, parameterShapes } from '../../../main/models/network.ts';
import { referenceWeights } from '../../../main/models/reference-weights.ts';
import { writeSafetensors } from '../../../main/models/safetensors.ts';
import { builtInRecipes } from '../../../main/pipeline/built-in-recipes.ts';
import { keepRecipe, lastRecipe } from '../../../main/pipeline/kept-recipe.ts';
import { onnxModel } from '../../../main/pipeline/onnx-model.ts';
import { applySettings, parseRecipe } from '../../../main/pipeline/recipe.ts';
import type { WorkbenchContext } from '../../../main/workbench/context.ts';
import type { Job } from '../../../main/workbench/contract/jobs.ts';
import { RunsDesk } from '../../../main/workbench/desks/runs-desk.ts';
import { CLASSES, newSmallProject, TINY } from './small-project.ts';
import { closeContext, until } from './workbench-context.ts';

const network: NetworkConfig = {
  ...{ block: 'basic', layers: [1, 1], width: 16, groups: 1, widthPerGroup: 64, stem: 'small', classes: 3 },
} as const;

let context: WorkbenchContext;
let projectId: string;
let root: string;
let project: Project;
let desk: RunsDesk;
beforeAll(async () => {
  ({ context, root, projectId, project } = await newSmallProject());
  desk = new RunsDesk(context);
  writeFileSync(project.path('recipe.json'), JSON.stringify(applySettings(parseRecipe(builtInRecipes.demo), TINY)));
});
afterAll(() => closeContext(context));

const ended = async ({ id }: Job) => await until(context, id, 'succeeded', 'failed');
const ranIds = (job: Job) => (job.result?.kind === 'ran' ? job.result.runIds : []);

async function modelFile(name: string, classNames: readonly string[], imageSizePx: number, seed: number) {
  const file = join(root, name);
  const weights = initialState({ ...network, classes: classNames.length }, seed);
  const saved = { ...network, classes: classNames.length };
  await saveModel(file, { network: saved, weights, classNames, imageSizePx, provenance: {} });
  return file;
}

async function imported(file: string, as?: 'teacher'): Promise<string> {
  const job = await ended(await desk.importTeacher(projectId, file, { as }));
  expect(job).toMatchObject({ state: 'succeeded', reason: null });
  return ranIds(job)[0] ?? '';
}

/** Labels with the current recipe, and returns the teacher and the scores. */
async function labelled(set: readonly string[] = []) {
  const job = await ended(await desk.run(projectId, 'label', undefined, set));
  expect(job).toMatchObject({ state: 'succeeded', reason: null });
  const [teacher, labels] = ranIds(job);
  const scores = await project.database.rows(
    `SELECT image_id, class_id, probability FROM ${await project.scores.table(labels ?? '')} WHERE rank_in_image = 1 ORDER BY image_id`,
  );
  return { teacher, scores };
}

/** The model's output for the image, computed from the original independently of the pipeline. */
async function best(file: string, imageId: number, order: readonly string[]) {
  const model = await loadModel(file);
  const size = model.imageSizePx;
  const [image] = await project.database.rows(
    `SELECT folder || '/' || relative_path AS path FROM images JOIN sources ON sources.id = source_id WHERE images.id = ${imageId}`,
  );
  const pixels = new Float32Array(3 * size ** 2);
  centreCrop(await decodeSquare(fileAt(String(image?.path)), size), size, pixels, 0, size);
  const session = await InferenceSession.create(onnxModel(model));
  const { probabilities } = await session.run({ images: new Tensor('float32', pixels, [1, 3, size, size]) });
  const values = Array.from(probabilities?.data as Float32Array);
  await session.release();
  const probability = Math.max(...values);
  return { className: order[values.indexOf(probability)], probability };
}

it('labels by an imported teacher at the image size that the teacher was trained for', async () => {
  const file = await modelFile('larger.safetensors', CLASSES, 24, 9);
  const id = await imported(file);
  const { teacher, scores } = await labelled();
  expect(teacher).toBe(id);
  expect(scores).toHaveLength(16);
  for (const { image_id, class_id, probability } of scores.slice(0, 4)) {
    const own = await best(file, Number(image_id), CLASSES);
    expect(own.className).toBe(CLASSES[Number(class_id)]);
    expect(Number(probability)).toBeCloseTo(own.probability, 4);
  }
});

it('matches the classes of a model by their names, in any order', async () => {
  const order = ['cow', 'ant', 'bee'];
  const file = await modelFile('turned.safetensors', order, 16, 10);
  await imported(file);
  const { scores } = await labelled();
  for (const { image_id, class_id } of scores.slice(0, 4)) {
    expect((await best(file, Number(image_id), order)).className).toBe(CLASSES[Number(class_id)]);
  }
});

it('recognises a class whose accents a model stores decomposed', async () => {
  await changeClass(project.database, 2, { name: 'caf\u00E9' });
  try {
    await imported(await modelFile('apart.safetensors', ['cafe\u0301', 'ant', 'bee'], 16, 12));
  } finally {
    await changeClass(project.database, 2, { name: 'cow' });
  }
});

it('uses a file without class names by the order of the classes, and says so', async () => {
  const file = join(root, 'foreign.safetensors');
  const weights = initialState(network, 11);
  const tensors = [...parameterShapes(network)].map(([name, shape]) => {
    return [name, { shape, data: weights.get(name) ?? new Float32Array() }] as const;
  });
  await writeSafetensors(file, new Map(tensors), { format: 'pt' });
  // Not automatically: nothing said that its outputs are these classes.
  await ended(await desk.importTeacher(projectId, file));
  expect((await lastRecipe(project)).teacher).toMatchObject({ run: null, startFrom: expect.any(String) });
  const id = await imported(file, 'teacher');
  expect((await lastRecipe(project)).teacher).toMatchObject({ run: id, startFrom: null, features: null });
  const run = (await desk.list(projectId)).find((one) => one.id === id);
  expect(run).toMatchObject({ title: 'foreign.safetensors, imported', imported: true });
  expect(run?.reason).toMatch(/taken as ant, bee, cow, in this order/);
  expect((await loadModel(project.path('runs', id, 'model.safetensors'))).classNames).toEqual(CLASSES);

  const more = join(root, 'attention.safetensors');
  const extra = ['layer1.0.se.fc1.weight', { shape: [2], data: Float32Array.of(1, 2) }] as const;
  await writeSafetensors(more, new Map([...tensors, extra]), { format: 'pt' });
  const refused = await ended(await desk.importTeacher(projectId, more));
  expect(refused.reason).toMatch(/se\.fc1\.weight/);
});

it('starts from a model of other classes, and says what happens to its classifier', async () => {
  const said = async (file: string) => {
    const { id } = await ended(await desk.importTeacher(projectId, file));
    return context.jobs
      .log(id)
      .map(({ text }) => text)
      .join(' ');
  };
  const four = await modelFile('four.safetensors', ['a', 'b', 'c', 'd'], 16, 12);
  expect(await said(four)).toMatch(/classifier of 4 classes .* fresh one of 3, because it knows no class “ant”/);
  const other = await modelFile('other.safetensors', ['ant', 'bee', 'dog'], 16, 13);
  expect(await said(other)).toMatch(/because it knows no class “cow”/);
  const recipe = await desk.recipe(projectId, undefined, []);
  expect(recipe.resolved?.teacher.start).toMatchObject({ file: 'other.safetensors', headRows: null });
  expect(recipe.recipe.teacher.run).toBeNull();
  await keepRecipe(project, applySettings(await lastRecipe(project), ['teacher.startFrom=null']));
});

it('uses the imported teacher until another one is requested, and again when it is chosen', async () => {
  const id = await imported(await modelFile('kept.safetensors', CLASSES, 16, 14));
  // The recipe already has these settings: given again, they do not ask for another teacher.
  expect((await labelled(TINY)).teacher).toBe(id);
  const trained = await labelled([...TINY, 'teacher.run=null']);
  expect(trained.teacher).not.toBe(id);
  expect((await labelled()).teacher).toBe(trained.teacher);
  await desk.useTeacher(projectId, id);
  expect((await labelled()).teacher).toBe(id);
  const longer = await labelled([...TINY, 'teacher.training.images=72']);
  expect([id, trained.teacher]).not.toContain(longer.teacher);
  await expect(desk.useTeacher(projectId, 'teacher-000000000000')).rejects.toThrow('There is no run');
});

it('distinguishes teachers of one network by their titles', async () => {
  await ended(await desk.run(projectId, 'teacher', undefined, [...TINY, 'teacher.run=null', 'seed=1']));
  await ended(await desk.run(projectId, 'teacher', undefined, [...TINY, 'teacher.run=null', 'seed=2']));
  const titles = (await desk.list(projectId)).map(({ stage, title }) => `${stage} ${title}`);
  expect(new Set(titles).size).toBe(titles.length);
  expect(
    titles.filter((title) => title.startsWith('teacher small-basic, 16 wide, 64 images (')).length,
  ).toBeGreaterThan(1);
});

it('learns from the current labels with the brought eyes, and ranks again', async () => {
  await expect(desk.learn(projectId)).rejects.toThrow('bring one with understudy bring');
  expect(await desk.learning(projectId)).toEqual({ eyes: null });
  const seen = { ...architecture('small-basic', 1000), layers: [1, 1], width: 16 };
  const file = join(root, 'eyes.onnx');
  const rest = { classNames: [], imageSizePx: 32, provenance: {} };
  writeFileSync(file, onnxModel({ network: seen, weights: referenceWeights(seen), ...rest }));
  await ended(await desk.importTeacher(projectId, file));
  expect(await desk.learning(projectId)).toEqual({ eyes: 'eyes.onnx' });
  const first = await ended(await desk.learn(projectId));
  expect(first).toMatchObject({ state: 'succeeded', reason: null });
  const [unlabelled] = await project.catalogue.unlabelledImages();
  await project.database.withChosen([unlabelled ?? -1], () =>
    decide(project.database, { kind: 'label', classId: 1, images: CHOSEN_IMAGES }),
  );
  const second = await ended(await desk.learn(projectId));
  expect(ranIds(second)).toHaveLength(2);
  expect(ranIds(first)).not.toContain(ranIds(second)[0]);
  expect((await project.scores.classHistogram(ranIds(second)[1] ?? '')).reduce((sum, one) => sum + one.images, 0)).toBe(
    15,
  );
});
