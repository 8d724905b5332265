/** Finished classifications, each a folder of the project: what it is as JSON, its images as a Parquet file read by windows. */
import { mkdir, readdir, readFile } from 'node:fs/promises';
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
export async function saveClassification(
  project: Project,
  id: string,
  description: Omit<Description, 'images' | 'createdAt'>,
  images: readonly (ClassifiedImage & { readonly shownPath: string })[],
): Promise<void> {
  await mkdir(project.path('classifications', id), { recursive: true });
  await saveRows(project.database, imagesPath(project, id), COLUMNS, rowsOf(images));
  // Written last: with it the classification is there.
  const kept: Description = { ...description, images: images.length, createdAt: new Date().toISOString() };
  await writeTextAtomically(descriptionPath(project, id), `${JSON.stringify(kept)}\n`);
}

function* rowsOf(images: readonly (ClassifiedImage & { readonly shownPath: string })[]): Generator<RowValues> {
  for (const { place, shownPath, path, top, unreadable } of images) {
    yield [place, shownPath, path, JSON.stringify(top), unreadable];
  }
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
    `SELECT place, path, top, unreadable FROM read_parquet(${literal(imagesPath(project, id))})
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
  const [row] = await project.database.rows(
    `SELECT file FROM read_parquet(${literal(imagesPath(project, id))}) WHERE place = ?`,
    [place],
  );
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

function descriptionPath(project: Project, id: string): string {
  return project.path('classifications', id, 'classification.json');
}

function imagesPath(project: Project, id: string): string {
  return project.path('classifications', id, 'images.parquet');
}
