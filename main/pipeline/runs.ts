/** The runs of a project, each a folder of its own with its record, curves, models and lists of images. */
import { readdir, readFile } from 'node:fs/promises';
import { writeTextAtomically } from '../atomic-file.ts';
import type { Project } from '../catalogue/project.ts';
import { type RunRecord, runRecordSchema } from './run-record.ts';

export async function writeRun(project: Project, run: RunRecord): Promise<void> {
  await writeTextAtomically(project.path('runs', run.id, 'run.json'), `${JSON.stringify(run, undefined, 2)}\n`);
}

/** Undefined when there is no such run, or when its record is damaged: the stage is then done anew. */
export async function readRun(project: Project, id: string): Promise<RunRecord | undefined> {
  try {
    const text = await readFile(project.path('runs', id, 'run.json'), 'utf8');
    return runRecordSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** All readable runs, the oldest first. */
export async function readRuns(project: Project): Promise<RunRecord[]> {
  const names = await readdir(project.path('runs'));
  const runs = await Promise.all(names.map((name) => readRun(project, name)));
  return runs.filter((run) => run !== undefined).sort((a, b) => a.startedAt.localeCompare(b.startedAt));
}
