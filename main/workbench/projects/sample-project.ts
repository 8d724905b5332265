/**
 * “Try the sample”: the demo's collection, drawn here, with the runs that it was once trained with, which ship with
 * Understudy. Its ranks are there at once, before a single image is: a job draws them, and first those that are looked at.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Project } from '../../catalogue/project.ts';
import { PROCESSOR } from '../../engines/engine.ts';
import { WrongUsage } from '../../failure.ts';
import { isSampleDrawn, sampleFileDrawer, sampleFolders } from '../../images/sample/sample-collection.ts';
import { assetFile } from '../../jobs/built-entry.ts';
import { decodeCollection } from '../../pipeline/collection.ts';
import { lastRecipe } from '../../pipeline/kept-recipe.ts';
import { recordListed } from '../../pipeline/listed-collection.ts';
import { hasRuns, readSampleArchive, unpackRuns } from '../../pipeline/sample-archive.ts';
import { drawSample, importSample, SAMPLE, type SampleSize, samplePlaces } from '../../pipeline/sample-project.ts';
import type { WorkbenchContext } from '../context.ts';
import type { Job, JobResult } from '../contract/jobs.ts';
import type { ProjectRef } from '../contract/projects.ts';
import type { JobHandle } from '../work/job-work.ts';

const FOLDER = 'Understudy sample';
/** In the images' folder, from before the first is drawn. */
const ANNOUNCED = 'announced';

/** What is drawn, and the archive with its runs. */
export interface ShippedSample {
  readonly size: SampleSize;
  readonly archive: URL;
}

const shipped: ShippedSample = { size: SAMPLE, archive: assetFile('sample/finished-runs.br') };

export interface OpenedSample {
  readonly project: ProjectRef;
  /** Null once everything is there. */
  readonly job: Job | null;
  /** Its ranks can be looked at, also while the job goes on. */
  readonly ready: boolean;
}

export class SampleProjects {
  readonly #context: WorkbenchContext;
  readonly #sample: ShippedSample;
  /** By folder: asking twice at a time opens it once. */
  readonly #opening = new Map<string, Promise<OpenedSample>>();

  constructor(context: WorkbenchContext, sample: ShippedSample = shipped) {
    this.#context = context;
    this.#sample = sample;
    context.jobs.register('drawSample', (projectId) => (handle) => this.#fill(projectId, handle));
  }

  async open(projectsFolder: string): Promise<OpenedSample> {
    const going = this.#opening.get(projectsFolder) ?? this.#open(projectsFolder);
    this.#opening.set(projectsFolder, going);
    try {
      return await going;
    } finally {
      this.#opening.delete(projectsFolder);
    }
  }

  async #open(projectsFolder: string): Promise<OpenedSample> {
    const { projects, jobs } = this.#context;
    const directory = join(projectsFolder, FOLDER);
    const { project: folder, images } = samplePlaces(directory);
    await mkdir(directory, { recursive: true });
    const project = existsSync(join(folder, 'understudy.json'))
      ? await projects.open(folder)
      : await projects.create(folder, 'Sample');
    const ready = await this.#prepared(await projects.opened(project.id), directory);
    if (ready && isSampleDrawn(images)) return { project, job: null, ready };
    const going = jobs
      .list()
      .find(
        ({ kind, projectId, state }) =>
          kind === 'drawSample' && projectId === project.id && (state === 'queued' || state === 'running'),
      );
    // A claim as a training's: what is trained meanwhile waits, and does not take undrawn images for broken ones.
    const claim = { lane: 'compute', hardware: [PROCESSOR] } as const;
    const spec = { kind: 'drawSample', projectId: project.id, title: 'Drawing the sample', ...claim } as const;
    return { project, job: going ?? jobs.submit(spec), ready };
  }

  /** Whether catalogue and runs are there, and with them all that is looked at but the images themselves. */
  async #prepared(project: Project, directory: string): Promise<boolean> {
    const { images } = samplePlaces(directory);
    this.#context.missingImages.provide(project.directory, sampleFileDrawer(images, this.#sample.size));
    return hasRuns(await readdir(project.directory)) || (await this.#prepare(project, images));
  }

  async #prepare(project: Project, images: string): Promise<boolean> {
    const archive = await readSampleArchive(this.#sample.archive);
    if (!archive.collection) return false;
    const { labelled, heldOut, unlabelled } = sampleFolders(images);
    const folders = [labelled, heldOut, unlabelled];
    for (const folder of folders) await mkdir(folder, { recursive: true });
    await writeFile(join(images, ANNOUNCED), '');
    await recordListed(project, archive.collection, folders);
    await unpackRuns(archive, project);
    return true;
  }

  async #fill(projectId: string, handle: JobHandle): Promise<JobResult> {
    const { events, projects } = this.#context;
    const project = await projects.opened(projectId);
    const directory = join(project.directory, '..');
    const ready = await this.#prepared(project, directory);
    const { signal, progress } = handle;
    const onProgress = (done: number, total: number) =>
      progress({ label: 'Drawing', done, total, unit: 'images', detail: '' }, 'disk');
    const sample = await drawSample(directory, { signal, onProgress }, this.#sample.size);
    if (!ready) {
      await importSample(project, sample, { signal });
      await unpackRuns(await readSampleArchive(this.#sample.archive), project);
    }
    await decode(project, handle);
    for (const part of ['collection', 'classes', 'runs', 'selection'] as const) {
      events.tell({ kind: 'projectChanged', projectId, part });
    }
    return { kind: 'sampleReady', folder: project.directory };
  }
}

/** Throws `WrongUsage` for a sample whose images are not all there: they would be taken for broken ones. */
export function requireDrawn(project: Project): void {
  const { images } = samplePlaces(join(project.directory, '..'));
  if (!existsSync(join(images, ANNOUNCED)) || isSampleDrawn(images)) return;
  throw new WrongUsage('The sample’s images are not all drawn yet: resume “Drawing the sample” under Jobs first.');
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
        progress({ label: 'Decoding', done: event.done, total: event.total, unit: 'images', detail: '' }, 'decoding');
      },
    },
    imageSizePx,
  );
}
