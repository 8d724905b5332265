/** What an experiment comes to in a project: which recipe each cell has with each seed, and what all of them will take together. */
import { at } from '../at.ts';
import { countTagged, imagesTaggedAs } from '../catalogue/image-tags.ts';
import type { Project } from '../catalogue/project.ts';
import { withChosenSelection } from '../pipeline/chosen-selection.ts';
import { type CollectionSets, CollectionUnfit } from '../pipeline/collection.ts';
import {
  type DecodingEstimate,
  type Estimate,
  type EstimateMeans,
  estimateRun,
  type StageEstimate,
} from '../pipeline/estimate.ts';
import { factsOf, recipeAsked, type WorkspaceOptions } from '../pipeline/open-workspace.ts';
import { previewOf } from '../pipeline/preview-recipe.ts';
import { applySettings } from '../pipeline/recipe.ts';
import type { Recipe } from '../pipeline/recipe-schema.ts';
import { type ResolvedRecipe, resolveRecipe } from '../pipeline/resolve-recipe.ts';
import { modelAs, type StageName, stageNames, stages } from '../pipeline/stages.ts';
import type { Ground } from './built-in-experiments.ts';
import { type CellTeachers, type Experiment, settingLines } from './experiment.ts';

/** The method's runs that one or more cells are judged by. */
export interface Variant {
  /** As the recipe takes them, beside the seed. */
  readonly settings: readonly string[];
  readonly cells: readonly string[];
  readonly rounds?: number;
  readonly teachers?: CellTeachers;
}

export interface ExperimentPlan {
  readonly experiment: Experiment;
  readonly seeds: readonly number[];
  /** The recipe that the settings are of. */
  readonly base: Recipe;
  readonly variants: readonly Variant[];
  /** Of the project, with the first seed. */
  readonly sets: CollectionSets;
}

export interface ExperimentGround extends Ground {
  readonly base: Recipe;
  /** What was asked for beside it. */
  readonly settings: readonly string[];
  readonly sets: CollectionSets;
}

/** What the experiment starts from. Throws `CollectionUnfit`, `RecipeInvalid` or `WrongUsage`. */
export async function groundOf(project: Project, options: WorkspaceOptions): Promise<ExperimentGround> {
  const { labelsAlone } = options;
  const { base, settings } = await recipeAsked(project, options);
  const { recipe: asked, resolved, sets, unfit } = await previewOf(project, base, settings, { labelsAlone });
  if (!resolved || !sets) throw new CollectionUnfit(unfit ?? 'Nothing can be trained yet.');
  return {
    asked,
    base,
    settings,
    sets,
    recipe: resolved,
    unlabelled: sets.unlabelled.length,
    classes: sets.classNames.length,
    tagged: await countTagged(project.database),
    taggedAs: (await imagesTaggedAs(project.database, sets.classIds)).size,
  };
}

/** Seeds follow the recipe's own. Throws `RecipeInvalid` or `WrongUsage` for a cell that no recipe can have. */
export async function planExperiment(
  project: Project,
  experiment: Experiment,
  { base, asked, settings, sets }: ExperimentGround,
  seeds: number,
): Promise<ExperimentPlan> {
  const supervised = experiment.cells.some(({ model }) => model === modelAs('baseline'));
  const variants = new Map<string, Variant>();
  for (const { name, settings: own, rounds, teachers } of experiment.cells) {
    const lines = [...settings, ...settingLines(experiment.settings, { 'supervised.enabled': supervised }, own)];
    const further = { ...(rounds === undefined ? {} : { rounds }), ...(teachers === undefined ? {} : { teachers }) };
    const key = JSON.stringify([lines, further]);
    variants.set(key, { settings: lines, cells: [...(variants.get(key)?.cells ?? []), name], ...further });
  }
  const plan: ExperimentPlan = {
    ...{ experiment, base, sets, variants: [...variants.values()] },
    seeds: Array.from({ length: seeds }, (_, index) => asked.seed + index),
  };
  // A setting that does not fit is refused before the first cell has taken its hours.
  for (const variant of plan.variants) await resolvedFor(project, plan, variant, asked.seed);
  return plan;
}

/**
 * Of a cell that several teachers label: its own seed's and the next ones' of the experiment, going round, so that they are trained
 * once for all cells; others where it has too few.
 */
export function teacherSeeds(seeds: readonly number[], seed: number, count: number): number[] {
  const place = seeds.indexOf(seed);
  return Array.from({ length: count }, (_, step) =>
    count <= seeds.length ? at(seeds, (place + step) % seeds.length) : seed + step,
  );
}

export function seeded({ settings }: Pick<Variant, 'settings'>, seed: number): string[] {
  return [...settings, `seed=${seed}`];
}

async function resolvedFor(
  project: Project,
  { base, sets }: Pick<ExperimentPlan, 'base' | 'sets'>,
  variant: Variant,
  seed: number,
): Promise<ResolvedRecipe> {
  const lines = seeded(variant, seed);
  const recipe = await withChosenSelection(project, applySettings(base, lines), lines);
  return resolveRecipe(recipe, await factsOf(project, sets, recipe)).recipe;
}

export interface StageSum {
  readonly stage: StageName;
  /** Different runs: what cells share is counted once. */
  readonly runs: number;
  readonly done: number;
  readonly images: number;
  /** Of those that are not done; null where one is not known. */
  readonly seconds: number | null;
}

export interface ExperimentEstimate {
  readonly deviceName: string;
  readonly cells: number;
  readonly seeds: number;
  /** Runs of the whole method, most of which share stages. */
  readonly methods: number;
  /** What their stages would be without sharing. */
  readonly unshared: number;
  readonly decoding: DecodingEstimate;
  readonly stages: readonly StageSum[];
  readonly seconds: number | null;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly freeDiskBytes: number;
  readonly rough: boolean;
}

/** One run of the whole method: its recipe, and what it takes where nothing of the others is done. */
export interface EstimatedMethod {
  readonly recipe: ResolvedRecipe;
  readonly estimate: Estimate;
}

/** Of every run of the method, in the order in which they will be done. Changes nothing but the rates that are remembered. */
export async function estimateMethods(
  project: Project,
  plan: ExperimentPlan,
  means: EstimateMeans,
): Promise<EstimatedMethod[]> {
  const { experiment, seeds, variants, sets } = plan;
  const goal = experiment.labelsAlone === true ? 'labels' : 'evaluate';
  const methods: EstimatedMethod[] = [];
  for (const seed of seeds) {
    for (const variant of variants) {
      const recipe = await resolvedFor(project, plan, variant, seed);
      const { rounds, teachers } = variant;
      const estimate = await estimateRun({ project, goal, recipe, sets, rounds }, means);
      methods.push({ recipe, estimate: teachers ? ofTeachers(estimate, teachers) : estimate });
    }
  }
  return methods;
}

function followsLabels(stage: StageName): boolean {
  return stage === 'select' || stages[stage].parents.some(followsLabels);
}

/** What follows from several teachers is named after them, who may not be there yet: it is work of its own. */
function ofTeachers(estimate: Estimate, { count, how }: CellTeachers): Estimate {
  const stages = estimate.stages.map((stage) =>
    !followsLabels(stage.stage) ? stage : { ...stage, runId: `${stage.runId} ${count} ${how}`, done: false },
  );
  return { ...estimate, stages };
}

export async function estimateExperiment(
  project: Project,
  plan: ExperimentPlan,
  means: EstimateMeans,
): Promise<ExperimentEstimate> {
  return summed(plan, await estimateMethods(project, plan, means));
}

/** What all of it takes, with what they share once. */
export function summed({ experiment, seeds }: ExperimentPlan, methods: readonly EstimatedMethod[]): ExperimentEstimate {
  const estimates = methods.map(({ estimate }) => estimate);
  const [first] = estimates;
  if (!first) throw new Error('an experiment has a cell');
  const all = estimates.flatMap(({ stages }) => stages);
  const runs = [...new Map(all.map((stage) => [stage.runId, stage])).values()];
  return {
    deviceName: first.deviceName,
    cells: experiment.cells.length,
    seeds: seeds.length,
    methods: estimates.length,
    unshared: all.length,
    decoding: first.decoding,
    stages: stageNames.flatMap((stage) => {
      const some = runs.filter((run) => run.stage === stage);
      if (some.length === 0) return [];
      const images = some.reduce((sum, run) => sum + run.images, 0);
      return [
        { stage, runs: some.length, done: some.filter(({ done }) => done).length, images, seconds: secondsOf(some) },
      ];
    }),
    seconds: secondsOf([first.decoding, ...runs]),
    memoryBytes: Math.max(...estimates.map(({ memoryBytes }) => memoryBytes)),
    diskBytes: first.decoding.diskBytes + runs.reduce((sum, { diskBytes }) => sum + diskBytes, 0),
    freeDiskBytes: first.freeDiskBytes,
    rough: estimates.some(({ rough }) => rough),
  };
}

function secondsOf(parts: readonly Pick<StageEstimate, 'seconds'>[]): number | null {
  let sum = 0;
  for (const { seconds } of parts) {
    if (seconds === null) return null;
    sum += seconds;
  }
  return sum;
}
