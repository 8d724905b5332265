/**
 * A project's images as a list from its catalogue, and the import of such a list into another project's catalogue: the
 * same images with the same ids, without reading any file. Includes labels of folders, but not the user's decisions.
 */

import { z } from 'zod';
import { at } from '../at.ts';
import type { Project } from '../catalogue/project.ts';
import type { ImageInput } from '../catalogue/record-scan.ts';
import { sourceKinds, splits } from '../catalogue/source-use.ts';
import { allFileVersions, imagesOfSource, problemsOfSource } from '../catalogue/sources/listed-images.ts';
import { presentSources } from '../catalogue/sources/present-sources.ts';
import { SCANNED_AT_ONCE } from './folder-pass.ts';

const problem = z.object({ relativePath: z.string(), reason: z.string() });
export const listedSchema = z.array(
  z.object({
    kind: z.enum(sourceKinds),
    split: z.enum(splits).nullable(),
    /** In order of id; the last element gives the reason if the pixels cannot be read. */
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
/** Source by source. */
export type ListedCollection = z.infer<typeof listedSchema>;

export async function listCollection({ database }: Project): Promise<ListedCollection> {
  const listed: unknown[] = [];
  for (const { id, kind, split } of await presentSources(database)) {
    const images = await imagesOfSource(database, id);
    listed.push({
      kind,
      split,
      images: images.map((image) => [
        ...[image.relativePath, image.widthPx, image.heightPx, image.format, image.bytes, image.modifiedMs],
        ...[image.className, image.problem],
      ]),
      problems: await problemsOfSource(database, id),
    });
  }
  return listedSchema.parse(listed);
}

/** `folders` are where the sources are, or will be. They must exist; their files need not. */
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
      // Ids are assigned batch by batch: they only stay the same if the batches do.
      for (let first = 0; first < images.length; first += SCANNED_AT_ONCE) {
        await record(images.slice(first, first + SCANNED_AT_ONCE).map(imageOf));
      }
      return { problems };
    });
    for (const [path, , , , , , , reason] of images) if (reason !== null) broken.set(`${sourceId} ${path}`, reason);
  }
  const versions = await allFileVersions(project.database);
  await catalogue.recordImageProblems(
    versions.flatMap(({ id, sourceId, relativePath, bytes, modifiedMs }) => {
      const reason = broken.get(`${sourceId} ${relativePath}`);
      return reason === undefined ? [] : [{ id, reason, bytes, modifiedMs }];
    }),
  );
}

function imageOf(listed: ListedCollection[number]['images'][number]): ImageInput {
  const [relativePath, widthPx, heightPx, format, bytes, modifiedMs, className] = listed;
  return { relativePath, widthPx, heightPx, format, bytes, modifiedMs, className, fileId: null };
}
