/**
 * The finished runs of the sample as one file: a list of names and lengths, then the files one after the other, compressed
 * whole. Holds what a person looks at and what later work builds on; not what a training needs to go on.
 */
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress } from 'node:zlib';
import { z } from 'zod';
import { TEMPORARY_SUFFIX, writeAtomically } from '../atomic-file.ts';
import type { Project } from '../catalogue/project.ts';

const FOLDERS = ['runs', 'scores'];
/** Last, so that a project with a recipe is one that has everything. */
const LAST = 'recipe.json';
/** The state of an optimiser, several times a model's size. */
const LEFT_OUT = /checkpoint[^/]*\.safetensors$/;
const LENGTH_BYTES = 4;

const listSchema = z.array(
  z.object({ path: z.string().regex(/^((runs|scores)\/[\w-]+\/[\w.-]+|recipe\.json)$/), bytes: z.int().min(0) }),
);

/** Returns the archive's size in bytes. */
export async function packRuns(project: Project, archive: string): Promise<number> {
  const paths = [...(await Promise.all(FOLDERS.map((folder) => filesIn(project, folder)))).flat(), LAST];
  const files = await Promise.all(paths.map(async (path) => ({ path, content: await readFile(project.path(path)) })));
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

/** Writes the files into the project, each whole or not at all; the recipe last. */
export async function unpackRuns(archive: URL, project: Project): Promise<void> {
  const content = await promisify(brotliDecompress)(await readFile(archive));
  let at = LENGTH_BYTES + content.readUInt32LE();
  const list = listSchema.parse(JSON.parse(content.subarray(LENGTH_BYTES, at).toString('utf8')));
  for (const { path, bytes } of list) {
    const part = content.subarray(at, at + bytes);
    at += bytes;
    await mkdir(dirname(project.path(path)), { recursive: true });
    await writeAtomically(project.path(path), async (file) => {
      await file.writeFile(part);
    });
  }
}

/** Whether `unpackRuns` came to its end, or the method was run here. */
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
