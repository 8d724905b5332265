/** Plans an experiment in a project: the recipe of each cell with each seed, and the cost of all of them together. */
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
import { factsOf, labelDevices, recipeAsked, type WorkspaceOptions } from '../pipeline/open-workspace.ts';
import { previewOf } from '../pipeline/preview-recipe.ts';
import { applySettings } from '../pipeline/recipe.ts';
import type { Recipe } from '../pipeline/recipe-schema.ts';
import { type ResolvedRecipe, resolveRecipe } from '../pipeline/resolve-recipe.ts';
import { modelAs, type StageName, stageNames, stages } from '../pipeline/stages.ts';
import type { Ground } from './built-in-experiments.ts';
import { type CellTeachers, type Experiment, settingLines } from './experiment.ts';

/** The runs of the method that judge one or more cells. */
export interface Variant {
  /** In the form that recipes take, without the seed. */
  readonly settings: readonly string[];
  readonly cells: readonly string[];
  readonly rounds?: number;
  readonly teachers?: CellTeachers;
}

export interface ExperimentPlan {
  readonly experiment: Experiment;
  readonly seeds: readonly number[];
  /** Names of the devices that compute seeds side by side, one seed each at a time. */
  readonly devices: readonly string[];
  /** The recipe that the settings are applied to. */
  readonly base: Recipe;
  readonly variants: readonly Variant[];
  /** The project's sets with the first seed. */
  readonly sets: CollectionSets;
}

export interface ExperimentGround extends Ground {
  readonly base: Recipe;
  /** Settings that were requested in addition to the recipe. */
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

/** Seeds count up from the recipe's own. Throws `RecipeInvalid` or `WrongUsage` for a cell whose settings are invalid. */
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
    devices: labelDevices(asked).split(',').slice(0, seeds),
    seeds: Array.from({ length: seeds }, (_, index) => asked.seed + index),
  };
  // An invalid setting is refused before the first cell has run for hours.
  for (const variant of plan.variants) await resolvedFor(project, plan, variant, asked.seed);
  return plan;
}

/**
 * The seeds of a cell's teachers: its own and the next ones of the experiment, cyclically, so that each teacher is trained once
 * for all cells; further seeds where the experiment has too few.
 */
export function teacherSeeds(seeds: readonly number[], seed: number, count: number): number[] {
  const place = seeds.indexOf(seed);
  return Array.from({ length: count }, (_, step) =>
    count <= seeds.length ? at(seeds, (place + step) % seeds.length) : seed + step,
  );
}

/** `device`: where this seed is computed while others are computed elsewhere; without it, where the recipe says. */
export function seeded({ settings }: Pick<Variant, 'settings'>, seed: number, device?: string): string[] {
  const there = device === undefined ? [] : [`engine.device=${device}`, 'label.devices=null'];
  return [...settings, `seed=${seed}`, ...there];
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
  /** Distinct runs: what cells share is counted once. */
  readonly runs: number;
  readonly done: number;
  readonly images: number;
  /** Of the runs that are not done; null if one of them is unknown. */
  readonly seconds: number | null;
}

export interface ExperimentEstimate {
  readonly deviceName: string;
  readonly cells: number;
  readonly seeds: number;
  /** Runs of the whole method, most of which share stages. */
  readonly methods: number;
  /** The number of stages without sharing. */
  readonly unshared: number;
  readonly decoding: DecodingEstimate;
  readonly stages: readonly StageSum[];
  readonly seconds: number | null;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly freeDiskBytes: number;
  readonly rough: boolean;
}

/** One run of the whole method: its recipe, and its cost if none of the others were done. */
export interface EstimatedMethod {
  readonly seed: number;
  readonly recipe: ResolvedRecipe;
  readonly estimate: Estimate;
}

/** For every run of the method, in the order in which they will run. Changes nothing except the remembered rates. */
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
      methods.push({ seed, recipe, estimate: teachers ? ofTeachers(estimate, teachers) : estimate });
    }
  }
  return methods;
}

function followsLabels(stage: StageName): boolean {
  return stage === 'select' || stages[stage].parents.some(followsLabels);
}

/** Stages after several teachers are named after them; these may not exist yet, so the stages count as new work. */
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

/** The cost of the whole experiment; shared stages count once. */
export function summed(
  { experiment, seeds, devices }: ExperimentPlan,
  methods: readonly EstimatedMethod[],
): ExperimentEstimate {
  const estimates = methods.map(({ estimate }) => estimate);
  const [first] = estimates;
  if (!first) throw new Error('an experiment has a cell');
  const all = estimates.flatMap(({ stages }) => stages);
  const runs = [...new Map(all.map((stage) => [stage.runId, stage])).values()];
  return {
    deviceName:
      devices.length > 1
        ? `${devices.length} devices (${devices.join(', ')}), with the rates of the first`
        : first.deviceName,
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
    seconds: sideBySide(
      first.decoding.seconds,
      secondsOf(runs),
      Math.ceil(seeds.length / devices.length) / seeds.length,
    ),
    memoryBytes: devices.length * Math.max(...estimates.map(({ memoryBytes }) => memoryBytes)),
    diskBytes: first.decoding.diskBytes + runs.reduce((sum, { diskBytes }) => sum + diskBytes, 0),
    freeDiskBytes: first.freeDiskBytes,
    rough: estimates.some(({ rough }) => rough),
  };
}

/** `share`: the part of the runs that the device with the most seeds computes. Pixels are decoded once, before. */
function sideBySide(decoding: number | null, runs: number | null, share: number): number | null {
  return decoding === null || runs === null ? null : decoding + share * runs;
}

function secondsOf(parts: readonly Pick<StageEstimate, 'seconds'>[]): number | null {
  let sum = 0;
  for (const { seconds } of parts) {
    if (seconds === null) return null;
    sum += seconds;
  }
  return sum;
}
