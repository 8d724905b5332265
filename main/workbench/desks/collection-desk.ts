/** The contents of a project: sources, classes, images, problems, near-copies. */
import { readSource, removeSource } from '../../catalogue/change-source.ts';
import { changeClass, createClass, mergeClass, readClasses, requireAnyClass } from '../../catalogue/classes.ts';
import { COUNTED_IMAGES } from '../../catalogue/counted-images.ts';
import { countClasses, listImages, listProblems } from '../../catalogue/image-windows.ts';
import { lookAtManifest } from '../../catalogue/manifest.ts';
import type { Project } from '../../catalogue/project.ts';
import { setAsideNote } from '../../catalogue/set-aside-note.ts';
import { keepStorage } from '../../images/storage-place.ts';
import { localPath } from '../../local-path.ts';
import { unfitBecause } from '../../pipeline/collection.ts';
import { lastRecipe } from '../../pipeline/kept-recipe.ts';
import { sourceStatus } from '../../pipeline/source-status.ts';
import type { WorkbenchContext } from '../context.ts';
import type {
  ClassInfo,
  CollectionSummary,
  DuplicateWindow,
  FileProblemWindow,
  ImageQuery,
  ImageWindow,
  ManifestLook,
  Source,
} from '../contract/collection.ts';
import type { ProjectPart } from '../contract/events.ts';
import type { Job } from '../contract/jobs.ts';
import { requireDrawn } from '../projects/sample-project.ts';
import { DuplicateWindows } from '../ranking/duplicate-windows.ts';
import type { Page, CollectionDesk as Service } from '../services.ts';
import { unfitNow } from '../work/being-read.ts';
import { SourceJobs } from '../work/source-jobs.ts';

export class CollectionDesk implements Service {
  readonly #context: WorkbenchContext;
  readonly #sourceJobs: SourceJobs;
  readonly #duplicates: DuplicateWindows;

  constructor(context: WorkbenchContext, duplicates = new DuplicateWindows()) {
    this.#context = context;
    this.#duplicates = duplicates;
    this.#sourceJobs = new SourceJobs(context);
  }

  async requireSource(projectId: string, sourceId: number): Promise<void> {
    await readSource((await this.#opened(projectId)).database, sourceId);
  }

  async requireClass(projectId: string, classId: number): Promise<void> {
    await requireAnyClass((await this.#opened(projectId)).database, classId);
  }

  async summary(projectId: string): Promise<CollectionSummary> {
    const project = await this.#opened(projectId);
    const classes = await classesOf(project);
    const sources = await sourcesOf(project);
    const sum = (part: 'train' | 'heldOut') => classes.reduce((total, entry) => total + entry[part], 0);
    return {
      sources,
      classes,
      labelled: sum('train'),
      heldOut: sum('heldOut'),
      unlabelled: (await project.catalogue.unlabelledImages()).length,
      problems: sources.reduce((total, { problems }) => total + problems, 0),
      missing: sources.reduce((total, { missing }) => total + missing, 0),
      unfit: unfitNow(
        await unfit(project),
        this.#context.jobs.list().filter((job) => job.projectId === projectId),
      ),
      notes: [...(await setAsideNote(project.database)), ...(await project.catalogue.summary()).notes],
    };
  }

  async lookAtList(projectId: string, file: string): Promise<ManifestLook> {
    const { database } = await this.#opened(projectId);
    return await lookAtManifest(database, localPath(file, 'file'));
  }

  async addSource(projectId: string, { storage, ...source }: Parameters<Service['addSource']>[1]): Promise<Job> {
    await this.#opened(projectId);
    if (storage) await keepStorage(source.folder, storage);
    return this.#sourceJobs.submit(projectId, { action: 'add', ...source }, source.folder);
  }

  async rescanSource(projectId: string, sourceId: number): Promise<Job> {
    const project = await this.#opened(projectId);
    const { folder, manifest } = await readSource(project.database, sourceId);
    requireDrawn(project);
    return this.#sourceJobs.submit(projectId, { action: 'rescan', sourceId }, manifest ?? folder);
  }

  async moveSource(projectId: string, sourceId: number, folder: string): Promise<Job> {
    const { database } = await this.#opened(projectId);
    await readSource(database, sourceId);
    return this.#sourceJobs.submit(projectId, { action: 'move', sourceId, folder }, folder);
  }

  async removeSource(projectId: string, sourceId: number): Promise<void> {
    const { database } = await this.#opened(projectId);
    await removeSource(database, sourceId);
    this.#changed(projectId, 'collection', 'classes');
  }

  async images(projectId: string, query: ImageQuery, page: Page): Promise<ImageWindow> {
    const { database } = await this.#opened(projectId);
    return { offset: page.offset, ...(await listImages(database, query, page)) };
  }

  async problems(projectId: string, page: Page): Promise<FileProblemWindow> {
    const { database } = await this.#opened(projectId);
    return { offset: page.offset, ...(await listProblems(database, page)) };
  }

  async duplicates(projectId: string, page: Page): Promise<DuplicateWindow> {
    return await this.#duplicates.window(await this.#opened(projectId), page);
  }

  async createClass(projectId: string, name: string): Promise<{ readonly id: number }> {
    const { database } = await this.#opened(projectId);
    const id = await createClass(database, name);
    this.#changed(projectId, 'classes');
    return { id };
  }

  async changeClass(projectId: string, classId: number, change: Parameters<Service['changeClass']>[2]): Promise<void> {
    const { database } = await this.#opened(projectId);
    await changeClass(database, classId, change);
    this.#changed(projectId, 'classes');
  }

  async mergeClass(projectId: string, classId: number, intoClassId: number): Promise<void> {
    const { database } = await this.#opened(projectId);
    await mergeClass(database, classId, intoClassId);
    this.#changed(projectId, 'classes', 'collection', 'decisions');
  }

  async #opened(projectId: string): Promise<Project> {
    return await this.#context.projects.opened(projectId);
  }

  #changed(projectId: string, ...parts: readonly ProjectPart[]): void {
    for (const part of parts) this.#context.events.tell({ kind: 'projectChanged', projectId, part });
  }
}

async function classesOf({ database }: Project): Promise<ClassInfo[]> {
  const counts = await countClasses(database, COUNTED_IMAGES);
  return (await readClasses(database)).map(({ id, name, colour, key }) => {
    const { train = 0, heldOut = 0, byHand = 0, exampleImageId = null } = counts.get(id) ?? {};
    return { id, name, colour, key, train, heldOut, byHand, exampleImageId };
  });
}

async function sourcesOf(project: Project): Promise<Source[]> {
  const sources = await sourceStatus(project);
  return sources.map(({ kind, split, ...source }) => ({
    ...source,
    kind: kind === 'labelled' ? 'labelled' : 'unlabelled',
    split: split === 'train' || split === 'val' || split === 'test' ? split : null,
  }));
}

/** An unreadable recipe is reported elsewhere; the collection is then judged by the default recipe. */
async function unfit(project: Project): Promise<string | null> {
  const recipe = await lastRecipe(project).catch(() => undefined);
  return await unfitBecause({
    project,
    heldOutFraction: recipe?.heldOut.fraction ?? 0.2,
    seed: recipe?.seed ?? 0,
  });
}
