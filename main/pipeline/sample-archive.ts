/**
 * The finished runs of the sample as one file: a list of names and lengths, then the concatenated files, compressed as
 * a whole. Contains what a person looks at and what later work builds on, and the catalogue's knowledge of the images,
 * so that the ranks exist before the images are drawn; but not what is needed to continue a training.
 */
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress } from 'node:zlib';
import { z } from 'zod';
import { TEMPORARY_SUFFIX, writeAtomically } from '../atomic-file.ts';
import { adoptRuns } from '../catalogue/adopt-runs.ts';
import type { Project } from '../catalogue/project.ts';
import { type ListedCollection, listCollection, listedSchema } from './listed-collection.ts';

const FOLDERS = ['runs', 'scores'];
/** Written last, so that a project with a recipe is complete. */
const LAST = 'recipe.json';
/** An optimiser's state is several times a model's size. */
const LEFT_OUT = /checkpoint[^/]*\.safetensors$/;
const LENGTH_BYTES = 4;
/** Only in the archive; not written to the project. */
const COLLECTION = 'collection.json';

const listSchema = z.array(
  z.object({
    path: z.string().regex(/^((runs|scores)\/[\w-]+\/[\w.-]+|recipe\.json|collection\.json)$/),
    bytes: z.int().min(0),
  }),
);

/** Returns the archive's size in bytes. */
export async function packRuns(project: Project, archive: string): Promise<number> {
  const paths = [...(await Promise.all(FOLDERS.map((folder) => filesIn(project, folder)))).flat(), LAST];
  const collection = Buffer.from(JSON.stringify(await listCollection(project)));
  const files = [
    { path: COLLECTION, content: collection },
    ...(await Promise.all(paths.map(async (path) => ({ path, content: await readFile(project.path(path)) })))),
  ];
  const list = Buffer.from(JSON.stringify(files.map(({ path, content }) => ({ path, bytes: content.length }))));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(list.length);
  const packed = await promisify(brotliCompress)(Buffer.concat([length, list, ...files.map(({ content }) => content)]));
  await mkdir(dirname(archive), { recursive: true });
  await writeAtomically(archive, async (file) => {
    await file.writeFile(packed);
  });
  return packed.length;
}

export interface SampleArchive {
  /** Null in an archive made before collections were listed: the images have to be drawn and scanned first. */
  readonly collection: ListedCollection | null;
  readonly files: readonly { readonly path: string; readonly content: Uint8Array }[];
}

export async function readSampleArchive(archive: URL): Promise<SampleArchive> {
  const content = await promisify(brotliDecompress)(await readFile(archive));
  let at = LENGTH_BYTES + content.readUInt32LE();
  const list = listSchema.parse(JSON.parse(content.subarray(LENGTH_BYTES, at).toString('utf8')));
  const all = list.map(({ path, bytes }) => {
    const part = content.subarray(at, at + bytes);
    at += bytes;
    return { path, content: part };
  });
  const listed = all.find(({ path }) => path === COLLECTION);
  return {
    collection: listed ? listedSchema.parse(JSON.parse(listed.content.toString('utf8'))) : null,
    files: all.filter((file) => file !== listed),
  };
}

/** Writes the files into the project, each atomically; the recipe last. */
export async function unpackRuns({ files }: SampleArchive, project: Project): Promise<void> {
  for (const { path, content } of files) {
    await mkdir(dirname(project.path(path)), { recursive: true });
    await writeAtomically(project.path(path), async (file) => {
      await file.writeFile(content);
    });
  }
  // An archive made before checksums existed has none.
  await adoptRuns(project.directory);
}

/** Whether `unpackRuns` completed, or the method was run here. */
export function hasRuns(names: readonly string[]): boolean {
  return names.includes(LAST);
}

async function filesIn(project: Project, folder: string): Promise<string[]> {
  const entries = await readdir(project.path(folder), { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith(TEMPORARY_SUFFIX) && !LEFT_OUT.test(entry.name))
    .map(({ parentPath, name }) =>
      join(parentPath, name)
        .slice(project.directory.length + 1)
        .replaceAll('\\', '/'),
    )
    .sort();
}
