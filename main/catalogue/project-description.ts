/** understudy.json: what makes a folder a project, and the version of everything in it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeTextAtomically } from '../atomic-file.ts';
import { NotAProject, ProjectDamaged, unwritable } from './project-failures.ts';

const FILE = 'understudy.json';

const descriptionSchema = z.object({ version: z.int(), name: z.string(), createdAt: z.string() });
export type ProjectDescription = z.infer<typeof descriptionSchema>;

/** Whether this name in a folder makes the folder a project. */
export function isDescription(name: string): boolean {
  return name === FILE;
}

/** Whether this is what a kill while a project was being made leaves behind. */
export function isUnfinishedDescription(name: string): boolean {
  return name.startsWith(`${FILE}.`);
}

export async function writeDescription(directory: string, description: ProjectDescription): Promise<void> {
  await writeTextAtomically(join(directory, FILE), `${JSON.stringify(description, undefined, 2)}\n`);
}

/** Throws `NotAProject`, or `ProjectDamaged` when the file says nothing that can be understood. */
export async function readDescription(directory: string): Promise<ProjectDescription> {
  const path = join(directory, FILE);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') {
      throw new NotAProject(
        `There is no project in ${directory}: choose another folder, or make one there (on the command line: understudy new ${directory}).`,
      );
    }
    throw unwritable(directory, error);
  });
  try {
    return descriptionSchema.parse(JSON.parse(text));
  } catch {
    throw new ProjectDamaged(`${path} is damaged: restore it from a backup (it holds the project's version and name).`);
  }
}
