/**
 * The classes that a run knows, as classes.json in its folder: which class each output of its network is, and what it was
 * called then. A class that was merged or renamed later is still shown right for that run.
 */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { writeTextAtomically } from '../atomic-file.ts';
import { readAllClasses } from './classes.ts';
import type { Project } from './project.ts';

/** In the order of the network's outputs. */
export interface RunClasses {
  readonly classIds: readonly number[];
  readonly classNames: readonly string[];
}

const schema = z.object({ classIds: z.array(z.number()), classNames: z.array(z.string()) });

/** The run's folder exists. */
export async function saveRunClasses(
  project: Project,
  runId: string,
  { classIds, classNames }: RunClasses,
): Promise<void> {
  const path = project.path('runs', runId, 'classes.json');
  await writeTextAtomically(path, `${JSON.stringify({ classIds, classNames })}\n`);
}

/**
 * With the names that the classes have now; one that others of the run were merged into since has the name it had then.
 * Of a run that was made before classes were kept: all there are, which is what it had.
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
      const then = kept.classNames[output] ?? '';
      return grown.has(id) ? then : (nameOf.get(id) ?? then);
    }),
  };
}

async function readKept(project: Project, runId: string): Promise<RunClasses | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(project.path('runs', runId, 'classes.json'), 'utf8')));
  } catch {
    return undefined;
  }
}
