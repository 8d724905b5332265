/**
 * The classes of a run, as classes.json in its folder: which class each output of its network is, and its name at the
 * time. This way a class that was merged or renamed later is still displayed correctly for that run.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { at } from '../at.ts';
import { writeTextAtomically } from '../atomic-file.ts';
import { readAllClasses } from './classes.ts';
import type { Project } from './project.ts';
import { findRunFile, recordRunFiles } from './run-files.ts';

/** In the order of the network's outputs. */
export interface RunClasses {
  readonly classIds: readonly number[];
  readonly classNames: readonly string[];
}

const FILE = 'classes.json';
const schema = z.object({ classIds: z.array(z.number()), classNames: z.array(z.string()) });

/** The run's folder must exist. */
export async function saveRunClasses(
  project: Project,
  runId: string,
  { classIds, classNames }: RunClasses,
): Promise<void> {
  const directory = project.path('runs', runId);
  await writeTextAtomically(join(directory, FILE), `${JSON.stringify({ classIds, classNames })}\n`);
  await recordRunFiles(directory, [FILE]);
}

/**
 * With the current names of the classes; a class into which others of the run were merged later keeps its name at the
 * time. For a run made before classes were recorded: all classes, which is what it had. Throws `StoredDataDamaged`.
 */
export async function loadRunClasses(project: Project, runId: string): Promise<RunClasses> {
  const present = await readAllClasses(project.database);
  const nameOf = new Map(present.map(({ id, name }) => [id, name]));
  const kept = await readKept(project, runId);
  if (!kept) return { classIds: [...nameOf.keys()], classNames: [...nameOf.values()] };
  const known = new Set(kept.classIds);
  const grown = new Set(present.flatMap(({ id, mergedInto }) => (known.has(id) ? [mergedInto] : [])));
  return {
    classIds: kept.classIds,
    classNames: kept.classIds.map((id, output) => {
      const then = at(kept.classNames, output);
      return grown.has(id) ? then : (nameOf.get(id) ?? then);
    }),
  };
}

async function readKept(project: Project, runId: string): Promise<RunClasses | undefined> {
  const path = await findRunFile(project.path('runs', runId), FILE);
  return path === undefined ? undefined : schema.parse(JSON.parse(await readFile(path, 'utf8')));
}
