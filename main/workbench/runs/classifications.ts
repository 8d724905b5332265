/**
 * Finished classifications, each a folder of the project: a description as JSON, its images as Parquet files read by windows.
 */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { z } from 'zod';
import type { Project } from '../../catalogue/project.ts';
import { classifiedFileAt, readClassified, writeClassified } from '../../catalogue/runs/classified-images.ts';
import {
  type Classification,
  classificationFolder,
  describeClassification,
  readClassification,
  soundClassificationFiles,
} from '../../pipeline/classification-files.ts';
import type { ClassifiedImage } from '../../pipeline/classify.ts';
import { StoredDataDamaged } from '../../stored-data.ts';
import type { ClassificationWindow, ListedClassification } from '../contract/runs.ts';
import { NotFound } from '../failures.ts';
import type { Page } from '../services.ts';

const IMAGES_PER_FILE = 4096;

const topSchema = z.array(z.object({ className: z.string(), probability: z.number() }));

/** `shownPath` is the path or name that a person knows the file by. */
export type ShownImage = ClassifiedImage & { readonly shownPath: string };

/** Accepts images as they are classified and buffers a few thousand of them, which become one file. */
export class ClassificationWriter {
  readonly #project: Project;
  readonly #id: string;
  #held: ShownImage[] = [];
  #files = 0;
  #images = 0;
  #written: Promise<void>;

  /** Removes what an interrupted attempt left. */
  constructor(project: Project, id: string) {
    this.#project = project;
    this.#id = id;
    this.#written = emptyFolder(classificationFolder(project, id));
  }

  add(images: Iterable<ShownImage>): void {
    for (const image of images) {
      this.#held.push(image);
      if (this.#held.length === IMAGES_PER_FILE) this.#writeHeld();
    }
  }

  /** Makes the classification visible. Resolves to the number of its images. */
  async finish(description: Omit<Classification, 'images' | 'createdAt' | 'files'>): Promise<number> {
    if (this.#held.length > 0) this.#writeHeld();
    await this.#written;
    const kept = { ...description, images: this.#images, createdAt: new Date().toISOString() };
    await describeClassification(this.#project, this.#id, kept);
    return this.#images;
  }

  #writeHeld(): void {
    const [images, path] = [this.#held, imagesPath(this.#project, this.#id, this.#files++)];
    this.#held = [];
    this.#images += images.length;
    this.#written = this.#written.then(() => writeClassified(this.#project.database, path, images.map(asRow)));
    // `finish` reports a failure; until then it must not count as unhandled.
    this.#written.catch(() => {});
  }
}

function asRow({ shownPath, path, ...image }: ShownImage) {
  return { ...image, path: shownPath, file: path };
}

async function emptyFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
}

/** The newest first. A damaged one says so in place of its title, and when it is opened. */
export async function listClassifications(project: Project): Promise<ListedClassification[]> {
  const ids = await readdir(project.path('classifications')).catch(() => []);
  const found = await Promise.all(ids.map(async (id) => ({ id, ...(await listed(project, id)) })));
  return found
    .flatMap(({ id, title, images, createdAt, temperature = null }) =>
      title === undefined || images === undefined
        ? []
        : [{ id, title, images, temperature, createdAt: createdAt ?? '' }],
    )
    .sort((a, b) => b.createdAt.localeCompare(a.createdAt))
    .map(({ createdAt: _, ...listed }) => listed);
}

/** Throws `NotFound` or `StoredDataDamaged`. */
export async function classificationWindow(
  project: Project,
  id: string,
  { offset, limit }: Page,
): Promise<ClassificationWindow> {
  const kept = await requireDescription(project, id);
  const { title, classNames, images } = kept;
  const rows = await readClassified(project.database, await soundClassificationFiles(project, id, kept), {
    offset,
    limit,
  });
  return {
    ...{ id, title, classNames, total: images, offset },
    images: rows.map(({ file: _, top, said, ...image }) => ({
      ...image,
      top: topSchema.parse(top),
      said: said === undefined ? null : topSchema.parse(said),
    })),
  };
}

/** The location of the image at this index. Throws `NotFound`. */
export async function classifiedFile(project: Project, id: string, place: number): Promise<string> {
  const files = await soundClassificationFiles(project, id, await requireDescription(project, id));
  const file = await classifiedFileAt(project.database, files, place);
  if (file === undefined) throw new NotFound(`The classification has no image ${place}.`);
  return file;
}

async function requireDescription(project: Project, id: string): Promise<Classification> {
  const found = await readClassification(project, id);
  if (!found) throw new NotFound('This classification no longer exists: classify the images again.');
  return found;
}

async function listed(project: Project, id: string): Promise<Partial<Classification>> {
  try {
    return (await readClassification(project, id)) ?? {};
  } catch (error) {
    if (!(error instanceof StoredDataDamaged)) throw error;
    return { title: 'Damaged: classify the images again', images: 0 };
  }
}

function imagesPath(project: Project, id: string, file: number): string {
  return project.path('classifications', id, `images-${String(file).padStart(6, '0')}.parquet`);
}
