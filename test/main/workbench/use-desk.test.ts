import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterEach, expect, it } from 'vitest';
import { saveRunClasses } from '../../../main/catalogue/run-classes.ts';
import { MODEL, recordRunFiles } from '../../../main/catalogue/run-files.ts';
import { TESTED_TRAINING } from '../../../main/doctor/self-test.ts';
import { centreCrop } from '../../../main/images/augment.ts';
import { decodeSquare } from '../../../main/images/decode.ts';
import { fileAt } from '../../../main/images/image-locator.ts';
import { saveModel } from '../../../main/models/checkpoint.ts';
import { initialState } from '../../../main/models/network.ts';
import { savePredictions } from '../../../main/pipeline/predictions.ts';
import type { RunRecord } from '../../../main/pipeline/run-record.ts';
import { writeRun } from '../../../main/pipeline/runs.ts';
import type { WorkbenchContext } from '../../../main/workbench/context.ts';
import { UseDesk } from '../../../main/workbench/desks/use-desk.ts';
import { writeJpeg } from '../image-files.ts';
import { closeContext, newContext, until } from './workbench-context.ts';

const RUN = 'teacher-0123456789ab';
const SIZE = 32;
const contexts: WorkbenchContext[] = [];
afterEach(async () => {
  for (const context of contexts.splice(0)) await closeContext(context);
});

async function newDesk() {
  const { context, root, projectId, folder } = await newContext();
  contexts.push(context);
  const project = await context.projects.opened(projectId);
  const network = { block: 'basic', layers: [1, 1], width: 8, groups: 1, widthPerGroup: 64, stem: 'small' } as const;
  const config = { ...network, classes: 2 };
  mkdirSync(join(folder, 'runs', RUN));
  // If nothing was measured, every classification tests the devices first.
  const tested = { kind: 'train', ...TESTED_TRAINING } as const;
  await context.rates.remember({ ...tested, device: 'cpu', threads: null, imagesPerSecond: 100 });
  await saveModel(join(folder, 'runs', RUN, 'model.safetensors'), {
    network: config,
    weights: initialState(config, 3),
    classNames: ['ant', 'bee, honey'],
    imageSizePx: SIZE,
    provenance: { run: RUN },
  });
  await recordRunFiles(join(folder, 'runs', RUN), [MODEL]);
  await writeRun(project, record(RUN, 'teacher', []));
  const images = join(root, 'images');
  for (let index = 0; index < 3; index++) {
    await writeJpeg(join(images, `${index}.jpg`), { seed: index + 1, widthPx: 48, heightPx: 40 });
  }
  const out = join(root, 'out');
  mkdirSync(out);
  return { context, project, projectId, folder, root, images, out, desk: new UseDesk(context) };
}

function record(id: string, stage: RunRecord['stage'], parents: string[]): RunRecord {
  const at = '2026-01-01T00:00:00.000Z';
  const rest = { reason: null, seed: 1, recipe: {}, engine: 'onnxruntime', device: 'cpu', versions: {}, metrics: {} };
  return { ...rest, id, stage, key: id, parents, state: 'succeeded', startedAt: at, finishedAt: at };
}

it('classifies a folder, and an exported ONNX file gives the same probabilities', async () => {
  const { context, projectId, desk, images, out } = await newDesk();
  const job = await desk.classifyFolder(projectId, RUN, images);
  const done = await until(context, job.id, 'succeeded', 'failed');
  expect(done).toMatchObject({ state: 'succeeded', result: { kind: 'classified', images: 3 } });
  const [listed] = await desk.classifications(projectId);
  const window = await desk.classification(projectId, listed?.id ?? '', { offset: 1, limit: 1 });
  expect(window).toMatchObject({ total: 3, images: [{ place: 1, path: join(images, '1.jpg'), unreadable: null }] });

  const exported = await desk.exportRun(projectId, RUN, 'onnx', out);
  await until(context, exported.id, 'succeeded');
  const file = join(out, `Birds-${RUN}.onnx`);
  const text = readFileSync(file).toString('latin1');
  expect(text).toContain('["ant","bee, honey"]');
  expect(text).toContain(`"centreCropPx":${SIZE}`);
  const session = await InferenceSession.create(file);
  const pixels = new Float32Array(3 * SIZE ** 2);
  centreCrop(await decodeSquare(fileAt(join(images, '1.jpg')), SIZE), SIZE, pixels, 0, SIZE);
  const { probabilities } = await session.run({ images: new Tensor('float32', pixels, [1, 3, SIZE, SIZE]) });
  const [ant, bee] = Array.from(probabilities?.data as Float32Array);
  for (const { className, probability } of window.images[0]?.top ?? []) {
    expect(probability).toBeCloseTo((className === 'ant' ? ant : bee) ?? -1, 5);
  }
  await session.release();
});

it('never replaces a file, and refuses the folders of sources and of the project', async () => {
  const { context, project, projectId, folder, root, desk, images, out } = await newDesk();
  for (const _ of [1, 2]) {
    const job = await desk.exportRun(projectId, RUN, 'checkpoint', out);
    await until(context, job.id, 'succeeded');
  }
  expect(readdirSync(out).sort()).toEqual([`Birds-${RUN}-2.safetensors`, `Birds-${RUN}.safetensors`]);
  await project.database.run("INSERT INTO sources (id, kind, folder) VALUES (0, 'unlabelled', ?)", [images]);
  for (const refused of [images, folder, join(folder, 'runs')]) {
    await expect(desk.exportRun(projectId, RUN, 'checkpoint', refused)).rejects.toThrow('where nothing is exported to');
  }
  const beside = await desk.exportRun(projectId, RUN, 'checkpoint', root);
  await until(context, beside.id, 'succeeded');
});

it('exports a comparison’s answers on the held-out images, and says when nothing was kept', async () => {
  const { context, project, projectId, desk, folder, images, out } = await newDesk();
  const refused = await desk.exportRun(projectId, RUN, 'predictionsCsv', out);
  expect((await until(context, refused.id, 'failed')).reason).toMatch(/No predictions/);
  expect(readdirSync(out)).toEqual([]);
  await project.database.run("INSERT INTO sources (id, kind, folder) VALUES (0, 'unlabelled', ?)", [images]);
  await project.database.run(
    `INSERT INTO images (id, source_id, relative_path, width_px, height_px, format, bytes, modified_ms)
     VALUES (7, 0, '0.jpg', 48, 40, 'jpeg', 9, 9)`,
  );
  mkdirSync(join(folder, 'runs', 'evaluate-1'));
  await writeRun(project, record('evaluate-1', 'evaluate', [RUN]));
  await saveRunClasses(project, 'evaluate-1', { classIds: [0, 4], classNames: ['ant', 'bee, honey'] });
  const [imageIds, trueOutputs] = [Int32Array.of(7), Int32Array.of(0)];
  const probabilities = Float32Array.of(0.25, 0.75);
  const rows = { model: 'teacher', imageIds, trueOutputs, probabilities, classes: 2 } as const;
  await savePredictions(project, 'evaluate-1', [rows]);
  for (const format of ['predictionsCsv', 'predictionsParquet'] as const) {
    const job = await desk.exportRun(projectId, RUN, format, out);
    await until(context, job.id, 'succeeded');
  }
  expect(readFileSync(join(out, `Birds-${RUN}-predictions.csv`), 'utf8')).toBe(
    `path,true_class,model,predicted_class,probability\n${join(images, '0.jpg')},ant,teacher,"bee, honey",0.75\n`,
  );
  const parquet = join(out, `Birds-${RUN}-predictions.parquet`);
  expect(await project.database.rows(`SELECT predicted_class, probability FROM read_parquet('${parquet}')`)).toEqual([
    { predicted_class: 'bee, honey', probability: 0.75 },
  ]);
});

it('keeps dropped images until the next drop, and those that a paused job still needs', async () => {
  const { context, projectId, folder, desk, images } = await newDesk();
  const bytes = new Uint8Array(readFileSync(join(images, '0.jpg')));
  const drop = async (...names: string[]) =>
    await desk.classifyImages(
      projectId,
      RUN,
      names.map((name) => ({ name, bytes })),
    );
  const dropped = () => readdirSync(join(folder, 'cache', 'dropped'));

  const outside = await drop('../../escape.jpg', 'no ending', 'broken.p/ng');
  await until(context, outside.id, 'succeeded', 'failed');
  const [classified] = await desk.classifications(projectId);
  const window = await desk.classification(projectId, classified?.id ?? '', { offset: 0, limit: 10 });
  expect(window.images.map(({ path, unreadable }) => [path, unreadable])).toEqual([
    ['../../escape.jpg', null],
    ['no ending', null],
    ['broken.p/ng', null],
  ]);
  expect(dropped()).toHaveLength(1);
  expect(readdirSync(join(folder, 'cache', 'dropped', dropped()[0] ?? '')).sort()).toEqual(['0.jpg', '1', '2']);
  expect(readdirSync(join(folder, 'cache'))).toEqual(['dropped']);

  const cancelled = await drop('cancelled.jpg');
  if (
    context.jobs
      .list()
      .find(({ id }) => id === cancelled.id)
      ?.can.includes('cancel')
  ) {
    context.jobs.act(cancelled.id, 'cancel');
  }
  await until(context, cancelled.id, 'cancelled', 'succeeded');
  const before = new Set(dropped());
  const waiting = await drop('waiting.jpg');
  context.jobs.act(waiting.id, 'pause');
  await until(context, waiting.id, 'paused', 'succeeded');
  // The images of cancelled and finished jobs are gone; the job that can continue still has its image.
  const [kept] = dropped();
  expect(dropped()).toHaveLength(1);
  expect(before.has(kept ?? '')).toBe(false);
  const next = await drop('next.jpg');
  const paused = context.jobs.list().find(({ id }) => id === waiting.id)?.state === 'paused';
  expect(dropped().includes(kept ?? '')).toBe(paused);
  await until(context, next.id, 'succeeded');
});
