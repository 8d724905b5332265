/** Finished classifications, each a folder of the project: what it is as JSON, its images as Parquet files read by windows. */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { z } from 'zod';
import { writeTextAtomically } from '../atomic-file.ts';
import { literal, type RowValues } from '../catalogue/database.ts';
import { saveRows } from '../catalogue/parquet.ts';
import type { Project } from '../catalogue/project.ts';
import type { ClassifiedImage } from '../pipeline/classify.ts';
import type { ClassificationWindow } from './contract/runs.ts';
import { NotFound } from './failures.ts';
import type { Page } from './services.ts';

const COLUMNS = { place: 'integer', path: 'text', file: 'text', top: 'text', unreadable: 'text' } as const;

const IMAGES_PER_FILE = 4096;

const schema = z.object({
  title: z.string(),
  runId: z.string(),
  classNames: z.array(z.string()),
  images: z.int(),
  createdAt: z.string(),
});
type Description = z.infer<typeof schema>;

const topSchema = z.array(z.object({ className: z.string(), probability: z.number() }));

/** `shownPath` is what a person knows the file by. */
export type ShownImage = ClassifiedImage & { readonly shownPath: string };

/** Takes images as they are classified and holds a few thousand of them: a file has so many, and the next one begins. */
export class ClassificationWriter {
  readonly #project: Project;
  readonly #id: string;
  #held: ShownImage[] = [];
  #files = 0;
  #images = 0;
  #written: Promise<void>;

  /** What an interrupted attempt left is removed. */
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

  /** With this the classification is there. Gives how many images it has. */
  async finish(description: Omit<Description, 'images' | 'createdAt'>): Promise<number> {
    if (this.#held.length > 0) this.#writeHeld();
    await this.#written;
    const kept: Description = { ...description, images: this.#images, createdAt: new Date().toISOString() };
    await writeTextAtomically(descriptionPath(this.#project, this.#id), `${JSON.stringify(kept)}\n`);
    return this.#images;
  }

  #writeHeld(): void {
    const [images, path] = [this.#held, imagesPath(this.#project, this.#id, this.#files++)];
    this.#held = [];
    this.#images += images.length;
    this.#written = this.#written.then(() => saveRows(this.#project.database, path, COLUMNS, rowsOf(images)));
    // Whoever finishes sees a failure; until then it is not an unhandled one.
    this.#written.catch(() => {});
  }
}

function* rowsOf(images: readonly ShownImage[]): Generator<RowValues> {
  for (const { place, shownPath, path, top, unreadable } of images) {
    yield [place, shownPath, path, JSON.stringify(top), unreadable];
  }
}

async function emptyFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
}

/** The newest first. */
export async function listClassifications(project: Project): Promise<{ id: string; title: string; images: number }[]> {
  const ids = await readdir(project.path('classifications')).catch(() => []);
  const found = await Promise.all(ids.map(async (id) => ({ id, ...(await description(project, id)) })));
  return found
    .flatMap(({ id, title, images, createdAt }) =>
      title === undefined || images === undefined ? [] : [{ id, title, images, createdAt: createdAt ?? '' }],
    )
    .sort((a, b) => b.createdAt.localeCompare(a.createdAt))
    .map(({ id, title, images }) => ({ id, title, images }));
}

/** Throws `NotFound`. */
export async function classificationWindow(
  project: Project,
  id: string,
  { offset, limit }: Page,
): Promise<ClassificationWindow> {
  const { title, classNames, images } = await requireDescription(project, id);
  const rows = await project.database.rows(
    `SELECT place, path, top, unreadable FROM ${await imagesTable(project, id)}
     ORDER BY place LIMIT ? OFFSET ?`,
    [limit, offset],
  );
  return {
    id,
    title,
    classNames,
    total: images,
    offset,
    images: rows.map(({ place, path, top, unreadable }) => ({
      place: Number(place),
      path: String(path),
      top: topSchema.parse(JSON.parse(String(top))),
      unreadable: unreadable === null ? null : String(unreadable),
    })),
  };
}

/** Where the image of this place lies. Throws `NotFound`. */
export async function classifiedFile(project: Project, id: string, place: number): Promise<string> {
  await requireDescription(project, id);
  const [row] = await project.database.rows(`SELECT file FROM ${await imagesTable(project, id)} WHERE place = ?`, [
    place,
  ]);
  if (!row) throw new NotFound(`The classification has no image ${place}.`);
  return String(row.file);
}

async function requireDescription(project: Project, id: string): Promise<Description> {
  const found = await description(project, id);
  if (!found) throw new NotFound('This classification is not there: classify the images again.');
  return found;
}

async function description(project: Project, id: string): Promise<Description | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(descriptionPath(project, id), 'utf8')));
  } catch {
    return undefined;
  }
}

function classificationFolder(project: Project, id: string): string {
  return project.path('classifications', id);
}

function descriptionPath(project: Project, id: string): string {
  return project.path('classifications', id, 'classification.json');
}

function imagesPath(project: Project, id: string, file: number): string {
  return project.path('classifications', id, `images-${String(file).padStart(6, '0')}.parquet`);
}

/** All of its files as an SQL table expression; early classifications have a single one. */
async function imagesTable(project: Project, id: string): Promise<string> {
  const names = (await readdir(classificationFolder(project, id))).filter((name) => name.endsWith('.parquet')).sort();
  const files = names.map((name) => literal(project.path('classifications', id, name)));
  return `read_parquet([${files.join(', ')}])`;
}
