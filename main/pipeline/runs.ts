/**
 * The runs of a project, each a folder with its record, curves, models and lists of images. A record is small, but the
 * work it describes may have taken weeks, so it is stored twice: a damaged one is rewritten from the other.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { writeTextAtomically } from '../atomic-file.ts';
import type { Project } from '../catalogue/project.ts';
import { isAdopted, verifyRunFiles } from '../catalogue/run-files.ts';
import { sealed, unsealed } from '../sealed-json.ts';
import { StoredDataDamaged, type Verdict, verdictOn } from '../stored-data.ts';
import type { FilesOwner } from './brought-files.ts';
import { type RunRecord, runRecordSchema } from './run-record.ts';
import { inTurn } from './run-turns.ts';

const RECORD = 'run.json';
const COPY = 'run-copy.json';

export async function writeRun(project: FilesOwner, run: RunRecord): Promise<void> {
  const text = `${sealed(identityOf(run.id), run, 2)}\n`;
  for (const name of [RECORD, COPY]) await writeTextAtomically(project.path('runs', run.id, name), text);
}

/** Undefined if there is no such run, or if its record is damaged, which is noted: the stage is then done again. */
export async function readRun(project: FilesOwner, id: string): Promise<RunRecord | undefined> {
  const found = await readRecord(project, id, RECORD);
  if (found && !(found instanceof StoredDataDamaged)) return found;
  const copy = await readRecord(project, id, COPY);
  if (copy === undefined || copy instanceof StoredDataDamaged) {
    if (found) project.notes.add(`${found.message} Until then it is left out.`);
    return undefined;
  }
  const why = found ? `damaged (${found.damage.damage})` : 'missing';
  project.notes.add(`The record of the run ${id} was ${why} and is written again from its copy.`);
  // If it cannot be written, the copy is used again next time.
  await writeRun(project, copy).catch(() => {});
  return copy;
}

/** All readable runs, the oldest first. */
export async function readRuns(project: FilesOwner): Promise<RunRecord[]> {
  const names = await readdir(project.path('runs'));
  const runs = await Promise.all(names.map((name) => readRun(project, name)));
  return runs
    .filter((run) => run !== undefined)
    .sort((a, b) => sequenceOf(a) - sequenceOf(b) || a.startedAt.localeCompare(b.startedAt));
}

/** The message for a run that does not exist. */
export function noSuchRun(id: string): string {
  return `There is no run ${id} in this project: understudy status DIR lists them.`;
}

/** The finished comparisons among them, in order; only those that evaluated the run `judged`, if given. */
export function comparisonsIn(runs: readonly RunRecord[], judged?: string): RunRecord[] {
  return runs.filter(
    ({ stage, state, parents }) =>
      stage === 'evaluate' && state === 'succeeded' && (judged === undefined || parents.includes(judged)),
  );
}

/** The project's own latest comparison, or else an experiment's. Undefined if there is none. */
export function lastComparison(runs: readonly RunRecord[]): RunRecord | undefined {
  const all = comparisonsIn(runs);
  return all.findLast(({ forExperiment }) => forExperiment !== true) ?? all.at(-1);
}

/** Writes a run that starts, or continues, now: it becomes the newest one. */
export async function writeAsNewest(project: Project, run: RunRecord): Promise<RunRecord> {
  return await inTurn(project, 'sequence', async () => {
    const newest = { ...run, sequence: await nextSequence(project) };
    await writeRun(project, newest);
    return newest;
  });
}

/** The sequence number of a run that starts, or continues, now. */
export async function nextSequence(project: Project): Promise<number> {
  const newest = (await readRuns(project)).at(-1);
  return newest ? sequenceOf(newest) + 1 : 1;
}

function sequenceOf({ sequence = 0 }: RunRecord): number {
  return sequence;
}

/** Between its start and its end, as far as the clock is reliable. */
export function secondsOf({ startedAt, finishedAt }: Pick<RunRecord, 'startedAt' | 'finishedAt'>): number {
  return finishedAt ? Math.max(0, Date.parse(finishedAt) - Date.parse(startedAt)) / 1000 : 0;
}

/** Whether this is the folder of a run. */
export function isRunFolder(directory: string): boolean {
  return existsSync(join(directory, RECORD));
}

/** Whether this is a run's record, or its copy. */
export function isRunRecord(path: string): boolean {
  return [RECORD, COPY].includes(basename(path));
}

/** Verdicts on the run's record and on every file in its folder that has a checksum. */
export async function* verifyRun(project: Project, id: string): AsyncGenerator<Verdict> {
  for (const name of [RECORD, COPY]) {
    const file = { kind: 'run', path: project.path('runs', id, name), remade: true } as const;
    yield await verdictOn(file, async () => {
      const found = await readRecord(project, id, name);
      if (found instanceof StoredDataDamaged) throw found;
      return 'sound';
    });
  }
  yield* verifyRunFiles(project.path('runs', id));
}

/** Undefined if there is no such file. */
async function readRecord(
  project: FilesOwner,
  id: string,
  name: string,
): Promise<RunRecord | StoredDataDamaged | undefined> {
  const path = project.path('runs', id, name);
  const damaged = (damage: string) =>
    new StoredDataDamaged({
      ...{ kind: 'run', path, damage, what: `The record of the run ${id}` },
      wayOut: 'run the method again with the same settings to recreate it',
    });
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? undefined : damaged(`it cannot be read: ${code}`);
  }
  const found = unsealed(identityOf(id), text);
  if (found.kind === 'damaged') return damaged(found.damage);
  const record = runRecordSchema.safeParse(found.value).data;
  if (!record) return damaged('it is not what was written');
  if (found.proven) return record;
  if (!(await isAdopted(project.path('runs', id)))) return damaged('its checksum is missing');
  await writeRun(project, record).catch(() => {});
  return record;
}

/** The same for the record and its copy. */
function identityOf(id: string): string {
  return `runs/${id}/${RECORD}`;
}
