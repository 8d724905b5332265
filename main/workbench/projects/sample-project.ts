/**
 * “Try the sample”: the demo's collection, drawn on this machine, with finished runs that ship with Understudy. Its ranks are
 * available before any image is: a job draws the images, starting with those that are viewed.
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
/** A file in the images' folder, written before the first image is drawn. */
const ANNOUNCED = 'announced';

/** The collection to draw, and the archive with its runs. */
export interface ShippedSample {
  readonly size: SampleSize;
  readonly archive: URL;
}

const shipped: ShippedSample = { size: SAMPLE, archive: assetFile('sample/finished-runs.br') };

export interface OpenedSample {
  readonly project: ProjectRef;
  /** Null once everything has been drawn. */
  readonly job: Job | null;
  /** Its ranks can be viewed, even while the job continues. */
  readonly ready: boolean;
}

export class SampleProjects {
  readonly #context: WorkbenchContext;
  readonly #sample: ShippedSample;
  /** By folder: two requests at the same time open it once. */
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
    // The same claim as a training: a training has to wait, and does not mistake undrawn images for broken ones.
    const claim = { lane: 'compute', hardware: [PROCESSOR] } as const;
    const spec = { kind: 'drawSample', projectId: project.id, title: 'Drawing the sample', ...claim } as const;
    return { project, job: going ?? jobs.submit(spec), ready };
  }

  /** Whether catalogue and runs exist, and with them everything that is displayed except the images. */
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

/** Throws `WrongUsage` for a sample whose images are not all drawn: they would be taken for broken ones. */
export function requireDrawn(project: Project): void {
  const { images } = samplePlaces(join(project.directory, '..'));
  if (!existsSync(join(images, ANNOUNCED)) || isSampleDrawn(images)) return;
  throw new WrongUsage(
    'Not all of the sample’s images have been drawn yet: resume “Drawing the sample” under Jobs first.',
  );
}

/** Decodes the images, so that near-copies and broken images are known at once. */
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
