/** Reads the data of a project's last evaluation, and of the runs that it builds on, from the disk. */
import { at } from '../at.ts';
import { imagePaths } from '../catalogue/image-paths.ts';
import type { Project } from '../catalogue/project.ts';
import { rankAround } from '../catalogue/ranking.ts';
import { loadRunClasses, type RunClasses } from '../catalogue/run-classes.ts';
import { ExpectedFailure } from '../failure.ts';
import { thumbnailJpeg } from '../images/decode.ts';
import { ImageUnreachable, ImageUnreadable } from '../images/image-failures.ts';
import { readEvaluations } from '../pipeline/evaluations-file.ts';
import { keptRecipe } from '../pipeline/kept-recipe.ts';
import { locateImage } from '../pipeline/locate-image.ts';
import { type RecipeExplanation, type ResolvedRecipe, resolveRecipe } from '../pipeline/resolve-recipe.ts';
import { readCurve } from '../pipeline/run-curve.ts';
import type { RunRecord } from '../pipeline/run-record.ts';
import { comparisonsIn, lastComparison, readRun, readRuns, secondsOf } from '../pipeline/runs.ts';
import { sourceStatus } from '../pipeline/source-status.ts';
import { comparedModels } from '../pipeline/stages.ts';
import { startsOf } from '../pipeline/starts-of.ts';
import type { RankedSample, ReportData, ReportedClass, ReportedModel, ReportedSelection } from './report-data.ts';

const THUMBNAIL_PX = 144;
const SAMPLES_KEPT = 12;
const SAMPLES_BELOW = 4;
/** About 4 KB per thumbnail: the page stays below some 8 MB, however many classes there are. */
const MOST_CLASSES_SHOWN = 120;
const MOST_PROBLEMS_SHOWN = 50;

export class NothingToReport extends ExpectedFailure {}

/** For the given evaluation, or the project's own latest. Throws `NothingToReport` while none is finished. */
export async function gatherReport(project: Project, evaluationId?: string): Promise<ReportData> {
  const runs = await readRuns(project);
  const evaluation =
    evaluationId === undefined ? lastComparison(runs) : comparisonsIn(runs).find(({ id }) => id === evaluationId);
  if (!evaluation) {
    throw new NothingToReport('There is nothing to report yet: run the method first (understudy run DIR).');
  }
  const lineage = await ancestors(project, evaluation);
  const results = await readEvaluations(project, evaluation.id);
  const classes = await loadRunClasses(project, evaluation.id);
  const { classIds, classNames } = classes;
  // An image with several classes counts once.
  const several = (await project.catalogue.labelSetting()) === 'several';
  const summary = await project.catalogue.summary();
  const counted = (part: 'train' | 'heldOut') => summary.classes.reduce((sum, entry) => sum + entry[part], 0);
  return {
    project: project.name,
    directory: project.directory,
    createdAt: evaluation.finishedAt ?? evaluation.startedAt,
    note: comparisonsIn(runs).some(({ forExperiment }) => forExperiment === true) ? experimentNote(evaluation) : null,
    collection: {
      labelled: several ? (await project.catalogue.labelledImages('train')).imageIds.length : counted('train'),
      unlabelled: await project.catalogue.countUnlabelled(),
      heldOut: several ? at(results, 0)[1].images : counted('heldOut'),
      problems: summary.sources.reduce((sum, source) => sum + source.problems, 0),
      missing: (await sourceStatus(project)).reduce((sum, source) => sum + source.missing, 0),
      problemFiles: (await project.catalogue.problems()).slice(0, MOST_PROBLEMS_SHOWN),
      labelledPerClass: classIds.map((id) => summary.classes.find((entry) => entry.id === id)?.train ?? 0),
    },
    classNames,
    models: await models(project, lineage, results),
    selection: await selection(project, lineage, classes),
    runs: [...lineage, evaluation].map(({ id, stage, seed, device, metrics, startedAt, finishedAt }) => ({
      id,
      stage,
      seed,
      device,
      seconds: metrics.seconds ?? secondsOf({ startedAt, finishedAt }),
      imagesPerSecond: metrics.imagesPerSecond,
    })),
    seed: evaluation.seed,
    device: evaluation.device,
    recipe: evaluation.recipe,
    explanations: await explanations(project, evaluation.recipe, classNames),
  };
}

function experimentNote({ forExperiment }: RunRecord): string {
  const seen =
    'what experiments found is in experiments/NAME/results.md, and understudy experiment DIR NAME shows it again';
  return forExperiment === true
    ? `This is the last cell of an experiment, since the project itself compared nothing yet; ${seen}.`
    : `This is what the project itself last compared; ${seen}.`;
}

/**
 * The reasons for automatically resolved values: resolves them again, and keeps the reasons where the result matches
 * the run's.
 */
async function explanations(
  project: Project,
  recipe: unknown,
  classNames: readonly string[],
): Promise<RecipeExplanation[]> {
  const { catalogue } = project;
  try {
    const kept = await keptRecipe(project);
    if (!kept) return [];
    const facts = {
      labelled: (await catalogue.labelledImages('train')).imageIds.length,
      unlabelled: (await catalogue.unlabelledImages()).length,
      classes: classNames.length,
      starts: await startsOf(project, kept.recipe, classNames),
      medianImageSizePx: await catalogue.medianImageSizePx(),
    };
    return resolveRecipe(kept.recipe, facts).explanations.filter(({ path, value }) => valueAt(recipe, path) === value);
  } catch (error) {
    // The recipe is unreadable or no longer fits the collection, but the report is about the run.
    if (error instanceof ExpectedFailure) return [];
    throw error;
  }
}

function valueAt(recipe: unknown, path: string): unknown {
  return path.split('.').reduce((place, key) => (place as Record<string, unknown> | undefined)?.[key], recipe);
}

/** The runs that `run` builds on, each once, ancestors first. */
async function ancestors(project: Project, run: RunRecord): Promise<RunRecord[]> {
  const found = new Map<string, RunRecord>();
  for (const id of run.parents) {
    const parent = await readRun(project, id);
    if (!parent) continue;
    for (const older of await ancestors(project, parent)) found.set(older.id, older);
    found.set(parent.id, parent);
  }
  return [...found.values()];
}

async function models(
  project: Project,
  lineage: readonly RunRecord[],
  results: Awaited<ReturnType<typeof readEvaluations>>,
): Promise<ReportedModel[]> {
  return await Promise.all(
    results.map(async ([model, evaluation]) => {
      const run = lineage.find(({ stage }) => stage === comparedModels[model].stage);
      if (!run) throw new Error(`the evaluation names no run for ${model}`);
      return { model, runId: run.id, evaluation, curve: await readCurve(project, run) };
    }),
  );
}

async function selection(
  project: Project,
  lineage: readonly RunRecord[],
  { classIds, classNames }: RunClasses,
): Promise<ReportedSelection> {
  const labels = lineage.find(({ stage }) => stage === 'label');
  const select = lineage.find(({ stage }) => stage === 'select');
  if (!labels || !select) throw new Error('the evaluation builds on no selection');
  const recipe = select.recipe as ResolvedRecipe;
  const classes: ReportedClass[] = [];
  for (const [output, classId] of classIds.entries()) {
    const ranking = await rankAround(project, labels.id, select.id, classId, {
      topP: recipe.label.topP,
      kept: SAMPLES_KEPT,
      // A random draw has no cut-off with next-best images below it.
      below: recipe.select.order === 'ranked' ? SAMPLES_BELOW : 0,
    });
    const { candidates, kept, scoreAtCut } = ranking;
    const shown = output < MOST_CLASSES_SHOWN ? ranking.samples : [];
    classes.push({
      name: at(classNames, output),
      candidates,
      kept,
      scoreAtCut,
      samples: await samples(project, shown),
    });
  }
  return {
    runId: select.id,
    k: select.metrics.k ?? 0,
    excludedLeaks: select.metrics.excludedLeaks ?? 0,
    excludedNearDuplicates: select.metrics.excludedNearDuplicates ?? 0,
    classes,
  };
}

type Ranked = Awaited<ReturnType<typeof rankAround>>['samples'];

async function samples(project: Project, ranked: Ranked): Promise<RankedSample[]> {
  const paths = await imagePaths(
    project,
    Int32Array.from(ranked, ({ imageId }) => imageId),
  );
  const shown = ranked.map(async ({ imageId, rank, probability, kept }) => {
    const file = paths.get(imageId);
    if (!file) return undefined;
    // A file that has disappeared since leaves a gap rather than failing the report.
    const jpeg = await thumbnailJpeg(locateImage(file), THUMBNAIL_PX).catch(orNone);
    return { rank, probability, kept, path: file.relativePath, thumbnail: jpeg?.toString('base64') ?? '' };
  });
  return (await Promise.all(shown)).filter((sample) => sample !== undefined);
}

/** Rethrows errors that are not about the image. */
function orNone(error: unknown): undefined {
  if (!(error instanceof ImageUnreadable) && !(error instanceof ImageUnreachable)) throw error;
}
