/**
 * The files that a project stores for itself, proved one after the other. A kind of file is verified by whoever writes it;
 * here they are only put together.
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

/** The catalogue last: a damaged database may refuse everything that is asked of it afterwards. */
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
