/** Using a trained model: classifying folders and dropped images as jobs, reading the results, exporting. */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { z } from 'zod';
import { at } from '../../at.ts';
import type { Project } from '../../catalogue/project.ts';
import { chooseDevice } from '../../doctor/choose-device.ts';
import { type Device, deviceName } from '../../engines/device.ts';
import { traitsOf } from '../../engines/engines.ts';
import { fileAt } from '../../images/image-locator.ts';
import { classifierOfRun } from '../../pipeline/classifier.ts';
import { classifyFiles, imagesAt } from '../../pipeline/classify.ts';
import { expectedDevice } from '../../pipeline/expected-device.ts';
import { exportFormats, exportRun, requireExportFolder } from '../../pipeline/export-run.ts';
import { lastRecipe } from '../../pipeline/kept-recipe.ts';
import { ListedImages } from '../../pipeline/listed-images.ts';
import { readRuns } from '../../pipeline/runs.ts';
import type { WorkbenchContext } from '../context.ts';
import type { Job, JobResult } from '../contract/jobs.ts';
import type { ClassificationWindow, ExportFormat } from '../contract/runs.ts';
import { ClassificationWriter, classificationWindow, listClassifications } from '../runs/classifications.ts';
import { requireRun } from '../runs/run-infos.ts';
import type { Page, UseDesk as Service } from '../services.ts';
import { hardwareOf } from '../work/claim.ts';
import type { JobHandle } from '../work/job-work.ts';

const classifyParameters = z.object({
  id: z.string(),
  runId: z.string(),
  title: z.string(),
  /** Null for dropped images, which are kept in the project's cache. */
  folder: z.string().nullable(),
  /** The names of dropped images, in order. */
  names: z.array(z.string()),
});
type ClassifyParameters = z.infer<typeof classifyParameters>;

const exportParameters = z.object({
  runId: z.string(),
  format: z.enum(exportFormats),
  folder: z.string(),
});

export class UseDesk implements Service {
  readonly #context: WorkbenchContext;

  constructor(context: WorkbenchContext) {
    this.#context = context;
    context.jobs.register('classify', (projectId, kept) => {
      const parameters = classifyParameters.parse(kept);
      return (job) => this.#classify(projectId, parameters, job);
    });
    context.jobs.register('export', (projectId, kept) => {
      const { runId, format, folder } = exportParameters.parse(kept);
      return async () => {
        const project = await context.projects.opened(projectId);
        return { kind: 'exported', ...(await exportRun(project, await requireRun(project, runId), format, folder)) };
      };
    });
  }

  async classifyFolder(projectId: string, runId: string, folder: string): Promise<Job> {
    const project = await this.#context.projects.opened(projectId);
    await classifierOfRun(project, await requireRun(project, runId));
    return this.#submit(projectId, { id: randomUUID(), runId, title: basename(folder) || folder, folder, names: [] });
  }

  async classifyImages(
    projectId: string,
    runId: string,
    images: readonly { readonly name: string; readonly bytes: Uint8Array }[],
  ): Promise<Job> {
    const project = await this.#context.projects.opened(projectId);
    await classifierOfRun(project, await requireRun(project, runId));
    await forgetDrops(project, this.#dropsInUse(projectId));
    const id = randomUUID();
    await mkdir(dropFolder(project, id), { recursive: true });
    for (const [place, { name, bytes }] of images.entries()) {
      await writeFile(dropFile(project, id, place, name), bytes);
    }
    const title = images.length === 1 ? (images[0]?.name ?? '') : `${images.length} images`;
    return this.#submit(projectId, { id, runId, title, folder: null, names: images.map(({ name }) => name) });
  }

  #dropsInUse(projectId: string): ReadonlySet<string> {
    const kept = this.#context.jobs.parametersInUse('classify', projectId);
    return new Set(kept.map((parameters) => classifyParameters.parse(parameters).id));
  }

  async classifications(projectId: string) {
    return await listClassifications(await this.#context.projects.opened(projectId));
  }

  async classification(projectId: string, id: string, page: Page): Promise<ClassificationWindow> {
    return await classificationWindow(await this.#context.projects.opened(projectId), id, page);
  }

  async exportRun(projectId: string, runId: string, format: ExportFormat, folder: string): Promise<Job> {
    const project = await this.#context.projects.opened(projectId);
    await requireRun(project, runId);
    await requireExportFolder(project, folder);
    const parameters = { runId, format, folder };
    return this.#context.jobs.submit({
      kind: 'export',
      projectId,
      title: `Exporting ${runId}`,
      lane: 'io',
      parameters,
    });
  }

  async #submit(projectId: string, parameters: ClassifyParameters): Promise<Job> {
    const title = `Classifying ${parameters.title}`;
    const { device } = await this.#expectedDevice(await this.#context.projects.opened(projectId));
    const claim = { lane: 'compute', hardware: hardwareOf(device) } as const;
    return this.#context.jobs.submit({ kind: 'classify', projectId, title, ...claim, parameters });
  }

  /** Starts again after an interruption: classifying is quick, and its result is either complete or absent. */
  async #classify(projectId: string, parameters: ClassifyParameters, job: JobHandle): Promise<JobResult> {
    const { id, runId, title, folder, names } = parameters;
    const project = await this.#context.projects.opened(projectId);
    const classifier = await classifierOfRun(project, await requireRun(project, runId));
    job.awaits('folder');
    const images =
      folder === null
        ? ListedImages.of(names.map((name, place) => fileAt(dropFile(project, id, place, name))))
        : await imagesAt(folder, job.signal, ({ path, reason }) => job.log(`${path}: ${reason}`));
    try {
      const device = await this.#device(project, job);
      job.run(runId, deviceName(device));
      const target = { device, threads: undefined };
      job.awaits('network');
      const writer = new ClassificationWriter(project, id);
      await classifyFiles({ classifier, images, target, signal: job.signal }, (classified, done) => {
        writer.add(
          classified.map((image) => ({ ...image, shownPath: folder === null ? at(names, image.place) : image.path })),
        );
        job.progress({ label: 'Classifying', done, total: images.length, unit: 'images', detail: '' });
      });
      const { classNames, temperature } = classifier;
      const count = await writer.finish({
        ...{ title, runId, classNames: [...classNames] },
        ...(temperature === undefined ? {} : { temperature }),
      });
      return { kind: 'classified', classificationId: id, images: count };
    } finally {
      await images.close();
    }
  }

  /** Devices are tested only if nothing is known of them: a test takes longer than most classifications. */
  async #device(project: Project, job: JobHandle): Promise<Device> {
    const { device } = await this.#expectedDevice(project);
    if (device === 'auto')
      job.progress({ label: 'Testing the devices', done: 0, total: null, unit: 'devices', detail: '' }, 'devices');
    const chosen = await chooseDevice(device, job.signal);
    job.computesOn(traitsOf(chosen).hardware);
    return chosen;
  }

  async #expectedDevice(project: Project) {
    const { engine } = await lastRecipe(project);
    return expectedDevice(engine.device, await this.#context.rates.all(), await readRuns(project));
  }
}

/** Removes dropped images that no job needs; those of a waiting job stay. */
async function forgetDrops(project: Project, inUse: ReadonlySet<string>): Promise<void> {
  const drops = await readdir(project.path('cache', 'dropped')).catch(() => []);
  for (const id of drops.filter((one) => !inUse.has(one))) {
    await rm(dropFolder(project, id), { recursive: true, force: true });
  }
}

function dropFolder(project: Project, id: string): string {
  return project.path('cache', 'dropped', id);
}

/** The name that a page sends only determines a harmless extension. */
function dropFile(project: Project, id: string, place: number, name: string): string {
  const ending = extname(name).toLowerCase();
  return join(dropFolder(project, id), `${place}${/^\.[a-z0-9]{1,5}$/.test(ending) ? ending : ''}`);
}
