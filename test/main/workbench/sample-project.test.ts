import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { createProject } from '../../../main/catalogue/project.ts';
import { assetFile } from '../../../main/jobs/built-entry.ts';
import { decodeCollection } from '../../../main/pipeline/collection.ts';
import { listCollection } from '../../../main/pipeline/listed-collection.ts';
import { runMethod } from '../../../main/pipeline/method.ts';
import { openWorkspace } from '../../../main/pipeline/open-workspace.ts';
import { readRuns } from '../../../main/pipeline/runs.ts';
import { packRuns } from '../../../main/pipeline/sample-archive.ts';
import { drawSample, importSample, type SampleSize } from '../../../main/pipeline/sample-project.ts';
import type { PipelineEvent } from '../../../main/pipeline/workspace.ts';
import type { WorkbenchContext } from '../../../main/workbench/context.ts';
import { CollectionDesk } from '../../../main/workbench/desks/collection-desk.ts';
import { PicturesDesk } from '../../../main/workbench/desks/pictures-desk.ts';
import { RunsDesk } from '../../../main/workbench/desks/runs-desk.ts';
import { ProjectFaces } from '../../../main/workbench/projects/project-faces.ts';
import { requireDrawn, SampleProjects } from '../../../main/workbench/projects/sample-project.ts';
import { QUICK } from '../sample-project.ts';
import { closeContext, newContext, temporaryFolder, until } from './workbench-context.ts';

const SMALL: SampleSize = { seed: 5, labelledPerClass: 6, unlabelled: 160, heldOutPerClass: 4, sizePx: 32 };
const RECIPE = { recipe: 'demo', device: 'cpu', set: QUICK.slice(QUICK.indexOf('--set') + 1) };
const signal = new AbortController().signal;
const archive = join(temporaryFolder(), 'runs.br');

let context: WorkbenchContext;
beforeAll(async () => {
  ({ context } = await newContext());
  const root = temporaryFolder();
  const project = await createProject(join(root, 'project'), { name: 'Sample' });
  await importSample(project, await drawSample(root, { signal }, SMALL), { signal });
  const { workspace, collection } = await openWorkspace(project, RECIPE, { signal, tell: () => {} });
  await runMethod(workspace, collection, 'evaluate');
  await packRuns(project, archive);
  await project.close();
}, 600_000);
afterAll(() => closeContext(context));

async function reusedStages(projectId: string, options: Parameters<typeof openWorkspace>[1]): Promise<boolean[]> {
  const reused: boolean[] = [];
  const tell = (event: PipelineEvent) => {
    if (event.kind === 'stageFinished') reused.push(event.reused);
    if (event.kind === 'stageStarted') throw new Error(`${event.stage} begins anew`);
  };
  const project = await context.projects.opened(projectId);
  const { workspace, collection } = await openWorkspace(project, options, { signal, tell });
  await runMethod(workspace, collection, 'evaluate');
  return reused;
}

it('opens the sample with finished runs, which running the method reuses', async () => {
  const samples = new SampleProjects(context, { size: SMALL, archive: pathToFileURL(archive) });
  const folder = temporaryFolder();
  const [first, again] = await Promise.all([samples.open(folder), samples.open(folder)]);
  expect(again).toMatchObject({ project: first.project, job: { id: first.job?.id } });
  const ended = await until(context, first.job?.id ?? '', 'succeeded', 'failed');
  expect(ended).toMatchObject({ state: 'succeeded', reason: null, result: { kind: 'sampleReady' } });
  const project = await context.projects.opened(first.project.id);
  expect((await readRuns(project)).map(({ stage, state }) => `${stage} ${state}`).sort()).toEqual(
    ['evaluate', 'finetune', 'label', 'pretrain', 'select', 'supervised', 'teacher'].map((name) => `${name} succeeded`),
  );
  expect(
    readdirSync(project.path('runs'), { recursive: true }).filter((name) => /checkpoint/.test(String(name))),
  ).toEqual([]);
  expect(await reusedStages(first.project.id, {})).toEqual(Array(7).fill(true));
  expect((await samples.open(folder)).job).toBeNull();
});

it('has its catalogue and runs before its images, and draws viewed images first', async () => {
  const samples = new SampleProjects(context, { size: SMALL, archive: pathToFileURL(archive) });
  // Occupies the lane of trainings, so that the drawing waits.
  const busy = busyLane();
  const {
    project: { id },
    job,
    ready,
  } = await samples.open(temporaryFolder());
  expect(ready).toBe(true);
  const project = await context.projects.opened(id);
  const before = await listCollection(project);
  const [file] = await project.database.rows(
    `SELECT folder || '/' || relative_path AS path FROM images JOIN sources ON sources.id = source_id LIMIT 1`,
  );
  expect(existsSync(String(file?.path))).toBe(false);
  expect(() => requireDrawn(project)).toThrow('Not all of the sample’s images');
  const [{ id: sourceId = 0 } = {}] = (await new CollectionDesk(context).summary(id)).sources;
  await expect(new CollectionDesk(context).rescanSource(id, sourceId)).rejects.toThrow(
    'Not all of the sample’s images',
  );
  const estimate = await new RunsDesk(context).estimate(id, 'evaluate', undefined, []);
  expect(estimate.stages.map(({ done }) => done)).toEqual(Array(7).fill(true));
  const [first = -1] = await project.catalogue.unlabelledImages();
  const { picture: jpeg } = await new PicturesDesk(
    context,
    async () => '',
    new ProjectFaces(context.settingsFolder),
  ).thumbnail(id, first, 24, signal);
  expect(jpeg.length).toBeGreaterThan(100);
  busy.end();
  expect(await until(context, job?.id ?? '', 'succeeded', 'failed')).toMatchObject({ state: 'succeeded' });
  requireDrawn(project);
  // What exists now matches the list: sizes, times, classes, and unreadable files.
  await importSample(project, await drawSample(join(project.directory, '..'), { signal }, SMALL), { signal });
  await decodeCollection({ project, heldOutFraction: 0.2, seed: 0, signal, tell: () => {} }, 32);
  expect(await listCollection(project)).toEqual(before);
});

/** A job in the lane of trainings that runs until it is ended. */
function busyLane(): { end: () => void } {
  let end = () => {};
  const ended = new Promise<null>((resolve) => {
    end = () => resolve(null);
  });
  context.jobs.submit({
    kind: 'examineDevices',
    projectId: null,
    title: 'Busy',
    lane: 'compute',
    hardware: null,
    work: () => ended,
  });
  // Also if the test fails before that: the workbench closes once nothing runs.
  onTestFinished(end);
  return { end };
}

it.skipIf(!existsSync(assetFile('sample/finished-runs.br')))(
  'ships with the runs of the demo, so that none of its stages is repeated',
  async () => {
    // That the drawn images match the list is tested above on a small sample, and by the browser tests on this one.
    const busy = busyLane();
    const {
      project: { id },
      job,
    } = await new SampleProjects(context).open(temporaryFolder());
    const { stages } = await new RunsDesk(context).estimate(id, 'evaluate', 'demo', ['engine.device=cpu']);
    expect(stages.map(({ done }) => done)).toEqual(Array(7).fill(true));
    context.jobs.act(job?.id ?? '', 'cancel');
    busy.end();
    await until(context, job?.id ?? '', 'cancelled');
  },
  240_000,
);
