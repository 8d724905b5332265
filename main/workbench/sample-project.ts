/**
 * “Try the sample”: the demo's collection, drawn here, with the runs that it was once trained with, which ship with
 * Understudy. The project is there at once; a job draws the images and unpacks the runs.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Project } from '../catalogue/project.ts';
import { assetFile } from '../jobs/built-entry.ts';
import { decodeCollection } from '../pipeline/collection.ts';
import { lastRecipe } from '../pipeline/open-workspace.ts';
import { hasRuns, unpackRuns } from '../pipeline/sample-archive.ts';
import { drawSample, importSample, SAMPLE, type SampleSize, samplePlaces } from '../pipeline/sample-project.ts';
import type { WorkbenchContext } from './context.ts';
import type { Job, JobResult } from './contract/jobs.ts';
import type { ProjectRef } from './contract/projects.ts';
import type { JobHandle } from './job-work.ts';

const FOLDER = 'Understudy sample';

/** What is drawn, and the archive with its runs. */
export interface ShippedSample {
  readonly size: SampleSize;
  readonly archive: URL;
}

const shipped: ShippedSample = { size: SAMPLE, archive: assetFile('sample/finished-runs.br') };

export class SampleProjects {
  readonly #context: WorkbenchContext;
  readonly #sample: ShippedSample;

  constructor(context: WorkbenchContext, sample: ShippedSample = shipped) {
    this.#context = context;
    this.#sample = sample;
    context.jobs.register('drawSample', (projectId) => (handle) => this.#fill(projectId, handle));
  }

  /** The sample in `projectsFolder`; the job is null once it has everything. */
  async open(projectsFolder: string): Promise<{ readonly project: ProjectRef; readonly job: Job | null }> {
    const { projects, jobs } = this.#context;
    const folder = samplePlaces(join(projectsFolder, FOLDER)).project;
    await mkdir(join(projectsFolder, FOLDER), { recursive: true });
    const project = existsSync(join(folder, 'understudy.json'))
      ? await projects.open(folder)
      : await projects.create(folder, 'Sample');
    if (hasRuns(await readdir(folder))) return { project, job: null };
    const going = jobs
      .list()
      .find(
        ({ kind, projectId, state }) =>
          kind === 'drawSample' && projectId === project.id && (state === 'queued' || state === 'running'),
      );
    const spec = { kind: 'drawSample', projectId: project.id, title: 'Drawing the sample', lane: 'io' } as const;
    return { project, job: going ?? jobs.submit(spec) };
  }

  async #fill(projectId: string, handle: JobHandle): Promise<JobResult> {
    const { events, projects } = this.#context;
    const project = await projects.opened(projectId);
    const directory = join(project.directory, '..');
    const { signal, progress } = handle;
    const onProgress = (done: number, total: number) =>
      progress({ label: 'Drawing', done, total, unit: 'images', detail: '' });
    const sample = await drawSample(directory, { signal, onProgress }, this.#sample.size);
    await importSample(project, sample, { signal });
    await unpackRuns(this.#sample.archive, project);
    await decode(project, handle);
    for (const part of ['collection', 'classes', 'runs', 'selection'] as const) {
      events.tell({ kind: 'projectChanged', projectId, part });
    }
    return { kind: 'sampleReady', folder: project.directory };
  }
}

/** So that near-copies and broken images are known at once. */
async function decode(project: Project, { signal, progress }: JobHandle): Promise<void> {
  const { heldOut, seed, imageSizePx } = await lastRecipe(project);
  if (imageSizePx === 'auto') return;
  await decodeCollection(
    {
      project,
      heldOutFraction: heldOut.fraction,
      seed,
      signal,
      tell: (event) => {
        if (event.kind !== 'decodeProgressed') return;
        progress({ label: 'Decoding', done: event.done, total: event.total, unit: 'images', detail: '' });
      },
    },
    imageSizePx,
  );
}
