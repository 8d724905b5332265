/**
 * What a project's catalogue knows of its images as a list, and such a list taken into another project's catalogue: the same
 * images with the same ids, without a look at any file. Labels of folders are in it, what a person decided is not.
 */

import { z } from 'zod';
import { at } from '../at.ts';
import type { Project } from '../catalogue/project.ts';
import type { ImageInput } from '../catalogue/record-scan.ts';
import { sourceKinds, splits } from '../catalogue/source-use.ts';
import { SCANNED_AT_ONCE } from './import-folder.ts';

const problem = z.object({ relativePath: z.string(), reason: z.string() });
export const listedSchema = z.array(
  z.object({
    kind: z.enum(sourceKinds),
    split: z.enum(splits).nullable(),
    /** In the order of their ids; the last of each: why the pixels cannot be read, if they cannot. */
    images: z.array(
      z.tuple([
        z.string(),
        z.int(),
        z.int(),
        z.string(),
        z.int(),
        z.number(),
        z.string().nullable(),
        z.string().nullable(),
      ]),
    ),
    problems: z.array(problem),
  }),
);
/** Source after source. */
export type ListedCollection = z.infer<typeof listedSchema>;

export async function listCollection({ database }: Project): Promise<ListedCollection> {
  const sources = await database.rows('SELECT id, kind, split FROM sources WHERE NOT removed ORDER BY id');
  const listed: unknown[] = [];
  for (const { id, kind, split } of sources) {
    const images = await database.rows(
      `SELECT relative_path, width_px, height_px, format, bytes, modified_ms, first_name, problem
       FROM images LEFT JOIN labels ON image_id = images.id AND source = 'folder'
       LEFT JOIN classes ON classes.id = class_id WHERE source_id = ${id} AND NOT missing ORDER BY images.id`,
    );
    const problems = await database.rows(`SELECT relative_path, reason FROM file_problems WHERE source_id = ${id}`);
    listed.push({
      kind,
      split,
      images: images.map((image) => [
        ...[image.relative_path, Number(image.width_px), Number(image.height_px), image.format, Number(image.bytes)],
        ...[Number(image.modified_ms), image.first_name, image.problem],
      ]),
      problems: problems.map(({ relative_path, reason }) => ({ relativePath: relative_path, reason })),
    });
  }
  return listedSchema.parse(listed);
}

/** `folders` are where the sources lie, or will. They exist; their files need not. */
export async function recordListed(
  project: Project,
  listed: ListedCollection,
  folders: readonly string[],
): Promise<void> {
  const { catalogue } = project;
  const broken = new Map<string, string>();
  for (const [index, { kind, split, images, problems }] of listed.entries()) {
    const sourceId = await catalogue.addSource({ kind, split, folder: at(folders, index) });
    await catalogue.scan(sourceId, async (record) => {
      // Ids are given batch by batch: they are the same only when the batches are.
      for (let first = 0; first < images.length; first += SCANNED_AT_ONCE) {
        await record(images.slice(first, first + SCANNED_AT_ONCE).map(imageOf));
      }
      return { problems };
    });
    for (const [path, , , , , , , reason] of images) if (reason !== null) broken.set(`${sourceId} ${path}`, reason);
  }
  const rows = await project.database.rows('SELECT id, source_id, relative_path, bytes, modified_ms FROM images');
  await catalogue.recordImageProblems(
    rows.flatMap(({ id, source_id, relative_path, bytes, modified_ms }) => {
      const reason = broken.get(`${source_id} ${relative_path}`);
      return reason === undefined
        ? []
        : [{ id: Number(id), reason, bytes: Number(bytes), modifiedMs: Number(modified_ms) }];
    }),
  );
}

function imageOf(listed: ListedCollection[number]['images'][number]): ImageInput {
  const [relativePath, widthPx, heightPx, format, bytes, modifiedMs, className] = listed;
  return { relativePath, widthPx, heightPx, format, bytes, modifiedMs, className, fileId: null };
}
