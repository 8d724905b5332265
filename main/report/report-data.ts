/** A report as data: every number in it belongs to a run, which is named. */
import type { Evaluation } from '../pipeline/metrics.ts';
import type { RecipeExplanation } from '../pipeline/resolve-recipe.ts';
import type { EvaluatedModel } from '../pipeline/stages.ts';
import type { TrainingPoint } from '../training/train-request.ts';

export interface ReportData {
  readonly project: string;
  readonly directory: string;
  readonly createdAt: string;
  /** If experiments compared models too: which comparison this is, and how to see theirs. */
  readonly note?: string | null;
  readonly collection: {
    readonly labelled: number;
    readonly unlabelled: number;
    readonly heldOut: number;
    readonly problems: number;
    /** Images that are missing, or whose folder is, when the report is written. */
    readonly missing: number;
    /** The first of the files that were left out, each with the reason. */
    readonly problemFiles: readonly { readonly path: string; readonly reason: string }[];
    /** Labelled training images of each class. */
    readonly labelledPerClass: readonly number[];
  };
  readonly classNames: readonly string[];
  /** In the order of the method; absent if the recipe leaves a model out. */
  readonly models: readonly ReportedModel[];
  readonly selection: ReportedSelection;
  readonly runs: readonly ReportedRun[];
  readonly seed: number;
  readonly device: string;
  readonly recipe: unknown;
  /** The reasons for values that the recipe left open. */
  readonly explanations: readonly RecipeExplanation[];
}

export interface ReportedModel {
  readonly model: EvaluatedModel;
  readonly runId: string;
  readonly evaluation: Evaluation;
  readonly curve: readonly TrainingPoint[];
}

export interface ReportedSelection {
  readonly runId: string;
  readonly k: number;
  readonly excludedLeaks: number;
  readonly excludedNearDuplicates: number;
  readonly classes: readonly ReportedClass[];
}

export interface ReportedClass {
  readonly name: string;
  readonly candidates: number;
  readonly kept: number;
  /** The score of the last image kept. */
  readonly scoreAtCut: number;
  /** Images sampled along the ranking, best first; those below the cut come last. Empty if there are many classes. */
  readonly samples: readonly RankedSample[];
}

export interface RankedSample {
  readonly rank: number;
  readonly probability: number;
  readonly kept: boolean;
  /** Relative to its source. */
  readonly path: string;
  /** JPEG as base64; empty if the file is currently missing. */
  readonly thumbnail: string;
}

export interface ReportedRun {
  readonly id: string;
  readonly stage: string;
  readonly seed: number;
  readonly device: string;
  readonly seconds: number;
  readonly imagesPerSecond: number | undefined;
}
