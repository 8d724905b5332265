import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { saveImageSet } from '../../../main/catalogue/image-set.ts';
import { saveRunClasses } from '../../../main/catalogue/run-classes.ts';
import { savePredictions } from '../../../main/pipeline/predictions.ts';
import type { RunRecord } from '../../../main/pipeline/run-record.ts';
import { writeRun } from '../../../main/pipeline/runs.ts';
import { runImages } from '../../../main/workbench/runs/run-images.ts';
import { runLineage } from '../../../main/workbench/runs/run-infos.ts';
import { closeContext, newContext } from './workbench-context.ts';

const PAGE = { offset: 0, limit: 10 };
const [TEACHER, LABEL, EVALUATION] = ['teacher-0123456789ab', 'label-0123456789ab', 'evaluate-0123456789ab'];

function record(id: string, stage: RunRecord['stage'], parents: string[], metrics = {}): RunRecord {
  const at = '2026-01-01T00:00:00.000Z';
  const rest = { reason: null, seed: 1, recipe: {}, engine: 'onnxruntime', device: 'cpu', versions: {}, metrics };
  return { ...rest, id, stage, key: id, parents, state: 'succeeded', startedAt: at, finishedAt: at };
}

it('leads from a run back to the exact images of each run before it', async () => {
  const { context, projectId, folder } = await newContext();
  const project = await context.projects.opened(projectId);
  for (const run of [
    record(TEACHER, 'teacher', []),
    record(LABEL, 'label', [TEACHER], { images: 3 }),
    record(EVALUATION, 'evaluate', [TEACHER, LABEL]),
  ]) {
    mkdirSync(join(folder, 'runs', run.id));
    await writeRun(project, run);
    // The network's second output is class 4.
    await saveRunClasses(project, run.id, { classIds: [0, 4], classNames: ['ant', 'bee'] });
  }
  await saveImageSet(project, TEACHER, 'trained-on', { imageIds: Int32Array.of(5, 3), classIds: Int32Array.of(4, 0) });
  await project.scores.writePartition(LABEL, 0, {
    imageIds: Int32Array.of(9, 8, 7),
    topP: 2,
    classIds: Int32Array.of(4, 0, 0, 4, 4, 0),
    probabilities: Float32Array.of(0.9, 0.1, 0.8, 0.2, 0.7, 0.3),
  });
  await savePredictions(project, EVALUATION, [
    {
      model: 'teacher',
      imageIds: Int32Array.of(21, 20),
      trueOutputs: Int32Array.of(1, 0),
      probabilities: Float32Array.of(1, 0, 1, 0),
      classes: 2,
    },
  ]);

  const lineage = await runLineage(project, EVALUATION);
  expect(lineage.map(({ run, images }) => [run.id, images])).toEqual([
    [EVALUATION, [{ use: 'heldOut', count: 2 }]],
    [LABEL, [{ use: 'labelled', count: 3 }]],
    [TEACHER, [{ use: 'trainedOn', count: 2 }]],
  ]);
  const named = async (runId: string, use: Parameters<typeof runImages>[2], page = PAGE) => {
    const { total, images } = await runImages(project, runId, use, page);
    return { total, images: images.map(({ imageId, className }) => `${imageId} ${className}`) };
  };
  expect(await named(EVALUATION, 'heldOut')).toEqual({ total: 2, images: ['20 ant', '21 bee'] });
  expect(await named(TEACHER, 'trainedOn')).toEqual({ total: 2, images: ['3 ant', '5 bee'] });
  expect(await named(LABEL, 'labelled')).toEqual({ total: 3, images: ['7 bee', '8 ant', '9 bee'] });
  expect(await named(LABEL, 'labelled', { offset: 2, limit: 1 })).toEqual({ total: 3, images: ['9 bee'] });
  await expect(runImages(project, TEACHER, 'selected', PAGE)).rejects.toThrow('kept no images');
  await expect(runImages(project, 'teacher-ffffffffffff', 'trainedOn', PAGE)).rejects.toThrow('no run');
  await closeContext(context);
});
