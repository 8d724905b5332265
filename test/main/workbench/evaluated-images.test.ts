import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { savePredictions } from '../../../main/pipeline/predictions.ts';
import { writeRun } from '../../../main/pipeline/runs.ts';
import { evaluatedImages } from '../../../main/workbench/runs/evaluated-images.ts';
import { closeContext, newContext } from './workbench-context.ts';

const PAGE = { offset: 0, limit: 10 };
const RUN = 'evaluate-0123456789ab';

it('finds the images of a cell, mistakes by confidence, gains and losses, and says so if nothing was kept', async () => {
  const { context, projectId, folder } = await newContext();
  const project = await context.projects.opened(projectId);
  mkdirSync(join(folder, 'runs', RUN));
  const at = '2026-01-01T00:00:00.000Z';
  const rest = { reason: null, seed: 1, recipe: {}, engine: 'onnxruntime', device: 'cpu', versions: {}, metrics: {} };
  const times = { startedAt: at, finishedAt: at };
  await writeRun(project, { ...rest, ...times, id: RUN, stage: 'evaluate', key: RUN, parents: [], state: 'succeeded' });
  await expect(evaluatedImages(project, RUN, { kind: 'gains' }, PAGE)).rejects.toThrow('compare again');

  const images = { imageIds: Int32Array.of(11, 12, 13), trueOutputs: Int32Array.of(0, 1, 1), classes: 2 };
  await savePredictions(project, RUN, [
    { ...images, model: 'teacher', probabilities: Float32Array.of(0.375, 0.625, 0.75, 0.25, 0.25, 0.75) },
    { ...images, model: 'finetuned', probabilities: Float32Array.of(0.75, 0.25, 0.875, 0.125, 0.625, 0.375) },
  ]);
  const ids = async (query: Parameters<typeof evaluatedImages>[2], page = PAGE) => {
    const window = await evaluatedImages(project, RUN, query, page);
    return { total: window.total, ids: window.images.map(({ imageId }) => imageId) };
  };
  expect(await ids({ kind: 'mistakes', model: 'teacher' })).toEqual({ total: 2, ids: [12, 11] });
  expect(await ids({ kind: 'mistakes', model: 'teacher' }, { offset: 1, limit: 1 })).toEqual({ total: 2, ids: [11] });
  const cell = { kind: 'cell', model: 'finetuned', trueClass: 1, predictedClass: 0 } as const;
  expect(await ids(cell)).toEqual({ total: 2, ids: [12, 13] });
  expect(await ids({ kind: 'losses' })).toEqual({ total: 1, ids: [13] });
  const gains = await evaluatedImages(project, RUN, { kind: 'gains' }, PAGE);
  expect(gains.images).toEqual([
    {
      imageId: 11,
      trueClass: 0,
      predictions: expect.arrayContaining([
        { model: 'teacher', predictedClass: 1, probability: 0.625 },
        { model: 'finetuned', predictedClass: 0, probability: 0.75 },
      ]),
    },
  ]);
  await closeContext(context);
});
