/** A complete teacher that was brought, as a finished run that the project's recipe uses from now on. */
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Project } from '../catalogue/project.ts';
import { type RunClasses, saveRunClasses } from '../catalogue/run-classes.ts';
import { recordRunFiles, runFilesAreSound } from '../catalogue/run-files.ts';
import { keepBroughtTeacher } from './given-teacher.ts';
import type { ResolvedRecipe } from './resolve-recipe.ts';
import type { RunRecord } from './run-record.ts';
import { nextSequence, readRun, writeRun } from './runs.ts';
import type { StageParent } from './stage.ts';
import { softwareVersions } from './versions.ts';

/** The `reason` of every brought run starts with this. */
const IMPORTED = 'Imported from ';

export interface WholeTeacher {
  /** The file it came from. */
  readonly file: string;
  /** Everything that determines its answers, including the ids of its classes: the run's name is derived from it. */
  readonly decisive: unknown;
  readonly classes: RunClasses;
  readonly recipe: ResolvedRecipe;
  readonly sentences: readonly string[];
  readonly metrics: Readonly<Record<string, number>>;
  /** The files of its run that `write` creates. */
  readonly files: readonly string[];
  write(directory: string, id: string): Promise<void>;
}

/** The project's recipe uses it from now on. */
export async function keepWholeTeacher(project: Project, teacher: WholeTeacher): Promise<RunRecord> {
  const record = await writeWholeTeacher(project, teacher);
  await keepBroughtTeacher(project, { run: record.id });
  return record;
}

/** The identity of the run of a teacher determined by `decisive`. */
export function wholeTeacherRun(decisive: unknown): StageParent {
  const key = createHash('sha256').update(JSON.stringify(decisive)).digest('hex');
  return { key, id: `teacher-${key.slice(0, 12)}` };
}

export async function writeWholeTeacher(project: Project, teacher: WholeTeacher): Promise<RunRecord> {
  const { file, classes, recipe, sentences } = teacher;
  const { key, id } = wholeTeacherRun(teacher.decisive);
  const directory = project.path('runs', id);
  const known = await readRun(project, id);
  const now = new Date().toISOString();
  const record: RunRecord = known ?? {
    ...{ id, stage: 'teacher', key, parents: [], state: 'succeeded', seed: 0, recipe },
    ...{ metrics: { ...teacher.metrics }, reason: [`${IMPORTED}${basename(file)}.`, ...sentences].join(' ') },
    ...{ engine: 'none', device: 'none', versions: softwareVersions(), startedAt: now, finishedAt: now },
    sequence: await nextSequence(project),
  };
  if (known?.state !== 'succeeded' || !(await runFilesAreSound(directory))) {
    await mkdir(directory, { recursive: true });
    await teacher.write(directory, id);
    await recordRunFiles(directory, teacher.files, { broughtIn: basename(file) });
    await saveRunClasses(project, id, classes);
    await writeRun(project, record);
  }
  return record;
}

/** The name of the file from which a teacher was brought; undefined for a run trained here. */
export function importedFile({ engine, reason }: Pick<RunRecord, 'engine' | 'reason'>): string | undefined {
  if (engine !== 'none' || !reason?.startsWith(IMPORTED)) return undefined;
  // Earlier releases continued after a semicolon.
  return reason.slice(IMPORTED.length).split(/[.;] /)[0]?.replace(/\.$/, '');
}
