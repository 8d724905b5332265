/**
 * The file by which the system's file manager opens a project: `<folder name>.understudy`, which stands for the folder that
 * it lies in. Nothing reads it and no project needs it: what a project is, is said by understudy.json.
 */
import { statSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { writeTextAtomically } from '../atomic-file.ts';
import { localPath } from '../local-path.ts';
import { isDescription } from './project-description.ts';

const ENDING = '.understudy';
/** File systems take 255 bytes for a name, and the ending and that of an unfinished file come behind. */
const LONGEST_NAME_BYTES = 200;
const CONTENT = {
  kind: 'Understudy project',
  opens: 'the folder that this file lies in',
} as const;

export async function writeProjectFile(directory: string): Promise<void> {
  const name = basename(directory);
  // The top of a disk has no name.
  const usable = name !== '' && Buffer.byteLength(name) <= LONGEST_NAME_BYTES;
  const path = join(directory, `${usable ? name : 'project'}${ENDING}`);
  await writeTextAtomically(path, `${JSON.stringify(CONTENT, undefined, 2)}\n`);
}

/** The folder that a person means by a project's folder, its `.understudy` file or its understudy.json. Absolute. */
export function projectFolder(path: string): string {
  const whole = resolve(localPath(path));
  const standsForFolder = isDescription(basename(whole)) || extname(whole).toLowerCase() === ENDING;
  const isFile = standsForFolder && (statSync(whole, { throwIfNoEntry: false })?.isFile() ?? false);
  return isFile ? dirname(whole) : whole;
}
