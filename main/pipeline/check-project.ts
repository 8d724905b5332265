/**
 * The files that a project stores for itself, proved one after the other. A kind of file is verified by whoever writes it;
 * here they are only put together. Kinds without a verifier yet are listed, so that nobody takes them for proved.
 */
import { readdir } from 'node:fs/promises';
import type { Project } from '../catalogue/project.ts';
import { Interrupted } from '../failure.ts';
import { STORED_KINDS, type StoredKind, type Verdict } from '../stored-data.ts';
import { verifyRecipe } from './kept-recipe.ts';
import { isRunRecord, readRun, verifyRun } from './runs.ts';

type Part = (project: Project) => AsyncIterable<Verdict>;

const PARTS: readonly Part[] = [verifyRecipe, verifyRuns];
const CHECKED: readonly StoredKind[] = ['recipe', 'run', 'model', 'curve'];
export const uncheckedKinds: readonly StoredKind[] = STORED_KINDS.filter((kind) => !CHECKED.includes(kind));

/** The project is open: its description and its catalogue could be read. Throws `Interrupted`. */
export async function* checkProject(project: Project, signal: AbortSignal): AsyncGenerator<Verdict> {
  for (const part of PARTS) {
    for await (const verdict of part(project)) {
      if (signal.aborted) throw new Interrupted();
      yield verdict;
    }
  }
}

/** Of a run that is not finished nothing is used but its record: it is done again, or goes on from what proves itself then. */
async function* verifyRuns(project: Project): AsyncGenerator<Verdict> {
  const entries = await readdir(project.path('runs'), { withFileTypes: true });
  for (const { name } of entries.filter((entry) => entry.isDirectory())) {
    const verdicts: Verdict[] = [];
    for await (const verdict of verifyRun(project, name)) verdicts.push(verdict);
    // After that: reading a record that is damaged writes it again from its copy.
    const finished = (await readRun(project, name))?.state === 'succeeded';
    yield* verdicts.filter(({ path }) => finished || isRunRecord(path));
  }
}
