/**
 * Verifies all files that a project stores for itself. Each kind of file is verified by the code that writes it; this
 * only runs the verifiers.
 */
import { readdir } from 'node:fs/promises';
import { verifyCopy } from '../catalogue/catalogue-copy.ts';
import { verifyJobs } from '../catalogue/job-files.ts';
import type { Project } from '../catalogue/project.ts';
import { verifyDescription } from '../catalogue/project-description.ts';
import { verifyCatalogue } from '../catalogue/verify-catalogue.ts';
import { Interrupted } from '../failure.ts';
import { squaresIn } from '../images/squares.ts';
import { verifyThumbnails } from '../images/thumbnail-file.ts';
import { verifyPixels } from '../images/verify-pixels.ts';
import type { Verdict } from '../stored-data.ts';
import { FeatureStore } from '../training/feature-store.ts';
import { verifyCheckpoint } from '../training/training-checkpoint.ts';
import { verifyClassifications } from './classification-files.ts';
import { brought, verifyExtractors } from './extractors.ts';
import { verifyRecipe } from './kept-recipe.ts';
import { isRunRecord, readRun, readRuns, verifyRun } from './runs.ts';
import { stages } from './stages.ts';
import { verifyWeights } from './starting-weights.ts';

type Part = (project: Project) => AsyncIterable<Verdict>;

/** The catalogue comes last: a damaged database may refuse all further statements. */
const PARTS: readonly Part[] = [
  verifyRecipe,
  verifyRuns,
  verifyScores,
  verifyCaches,
  verifyClassifications,
  verifyExtractors,
  verifyWeights,
  (project) => verifyJobs(project.path('jobs')),
  verifyDescription,
  ({ directory }) => verifyCopy(directory),
  verifyCatalogue,
];

/** The project must be open: its description and its catalogue were readable. Throws `Interrupted`. */
export async function* checkProject(project: Project, signal: AbortSignal): AsyncGenerator<Verdict> {
  for (const part of PARTS) {
    for await (const verdict of part(project)) {
      if (signal.aborted) throw new Interrupted();
      yield verdict;
    }
  }
}

/**
 * Of an unfinished run only the record is used: it is done again, or continues from a checkpoint that is verified then.
 */
async function* verifyRuns(project: Project): AsyncGenerator<Verdict> {
  const entries = await readdir(project.path('runs'), { withFileTypes: true });
  for (const { name } of entries.filter((entry) => entry.isDirectory())) {
    const verdicts: Verdict[] = [];
    for await (const verdict of verifyRun(project, name)) verdicts.push(verdict);
    // Only afterwards, since reading a damaged record rewrites it from its copy.
    const finished = (await readRun(project, name))?.state === 'succeeded';
    yield* verdicts.filter(({ path }) => finished || isRunRecord(path));
    yield* verifyCheckpoint(project.path('runs', name));
  }
}

async function* verifyScores(project: Project): AsyncGenerator<Verdict> {
  for (const { id, stage, state } of await readRuns(project)) {
    if (stages[stage].cost === 'predict' && state === 'succeeded') yield* project.scores.verify(id);
  }
}

async function* verifyCaches(project: Project): AsyncGenerator<Verdict> {
  for (const name of await readdir(project.path('cache'))) {
    const squares = squaresIn(name);
    if (squares) yield* verifyPixels(project.path('cache', name), squares.sizePx);
  }
  for (const { id, extractor } of await brought(project)) {
    yield* new FeatureStore(project.path('cache', `features-${id}`), extractor.dimension).verify();
  }
  yield* verifyThumbnails(project.path('cache', 'thumbnails'));
}
