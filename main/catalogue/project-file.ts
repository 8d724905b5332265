/**
 * The file by which the system's file manager opens a project: `<folder name>.understudy`, which stands for its folder.
 * Nothing reads it and no project needs it: understudy.json defines the project.
 */
import { statSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { writeTextAtomically } from '../atomic-file.ts';
import { localPath } from '../local-path.ts';
import { isDescription } from './project-description.ts';

const ENDING = '.understudy';
/** File systems allow 255 bytes for a name, and the extension and a temporary suffix are appended. */
const LONGEST_NAME_BYTES = 200;
const CONTENT = {
  kind: 'Understudy project',
  opens: 'the folder that this file lies in',
} as const;

export async function writeProjectFile(directory: string): Promise<void> {
  const name = basename(directory);
  // The root of a disk has no name.
  const usable = name !== '' && Buffer.byteLength(name) <= LONGEST_NAME_BYTES;
  const path = join(directory, `${usable ? name : 'project'}${ENDING}`);
  await writeTextAtomically(path, `${JSON.stringify(CONTENT, undefined, 2)}\n`);
}

/** The absolute path of the folder meant by a project's folder, its `.understudy` file or its understudy.json. */
export function projectFolder(path: string): string {
  const whole = resolve(localPath(path));
  const standsForFolder = isDescription(basename(whole)) || extname(whole).toLowerCase() === ENDING;
  const isFile = standsForFolder && (statSync(whole, { throwIfNoEntry: false })?.isFile() ?? false);
  return isFile ? dirname(whole) : whole;
}
