/** Runs: what was trained, labelled, selected and compared, and estimates of what could be. */

import type { JobState } from '../../catalogue/job-record.ts';
import { type PresetName, presetNames } from '../../models/onnx/preprocessing.ts';
import type { Beginning } from '../../pipeline/beginning.ts';
import type { BroughtAs } from '../../pipeline/bring-teacher.ts';
import type { EffortName } from '../../pipeline/effort-kinds.ts';
import type { Effort } from '../../pipeline/efforts.ts';
import type { ExportFormat } from '../../pipeline/export-run.ts';
import type { FileLook } from '../../pipeline/look-at-file.ts';
import type { Evaluation, PairedDifference } from '../../pipeline/metrics.ts';
import type { Recipe } from '../../pipeline/recipe-schema.ts';
import type { RecipeExplanation, ResolvedRecipe } from '../../pipeline/resolve-recipe.ts';
import type { EvaluatedModel, ModelRole, StageName, StageSide } from '../../pipeline/stages.ts';

export type { EffortName, FileLook };

export const bringPresets: readonly PresetName[] = presetNames;

/** A person's choices for a `FileLook`. */
export interface BringChoice {
  readonly as?: BroughtAs | undefined;
  readonly preset?: PresetName | undefined;
}

export interface RunInfo {
  readonly id: string;
  readonly stage: StageName;
  readonly title: string;
  /** Whether it belongs to the teacher or the student. */
  readonly side: StageSide;
  /** The role of its model in a comparison; null for a run that trains no model. */
  readonly role: ModelRole | null;
  /** The run whose training it continues; null if it does not. */
  readonly continues: string | null;
  /** The formats in which it can be exported. */
  readonly exports: readonly ExportFormat[];
  /** The state of the work on it: a run is running only while a job works on it. */
  readonly state: JobState;
  readonly reason: string | null;
  readonly parents: readonly string[];
  readonly device: string;
  readonly seed: number;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly metrics: Readonly<Record<string, number>>;
  /** Top-1 in the newest evaluation that includes it; null if none does. */
  readonly heldOutTop1: number | null;
  readonly versions: Readonly<Record<string, string>>;
  readonly hasModel: boolean;
  /** It was brought as a model file: `reason` says how its outputs were interpreted, and it cannot be trained further. */
  readonly imported: boolean;
  /** A teacher that was trained here can be trained further. */
  readonly extendable: boolean;
  /** A stopped training whose progress can be kept as a run of its own. */
  readonly keepable: boolean;
}

/** What deleting a run removes. */
export interface RunDeletion {
  readonly runId: string;
  /** One paragraph to display. */
  readonly says: string;
  readonly bytes: number;
  /** The runs that build on it, which are deleted with it. */
  readonly dependents: readonly { readonly runId: string; readonly title: string }[];
}

export interface RecipeView {
  /** As stored in the project: `auto` where the collection decides. */
  readonly recipe: Recipe;
  /** Null while the collection cannot be trained on; `unfit` says why. */
  readonly resolved: ResolvedRecipe | null;
  readonly explanations: readonly RecipeExplanation[];
  readonly unfit: string | null;
  readonly beginning: Beginning;
  readonly builtIn: readonly string[];
  readonly models: readonly string[];
  /** The devices that can be used on this computer, by name. */
  readonly devices: readonly string[];
}

/** The cost of the whole method at each effort; efforts arrive one by one while they are measured. */
export type EffortsView =
  | {
      readonly kind: 'measured';
      /** The completed share of the measurement. */
      readonly share: number;
      readonly preselected: EffortName;
      readonly efforts: readonly Omit<Effort, 'recipe'>[];
    }
  /** Nothing is measured while other work computes. */
  | { readonly kind: 'deviceBusy' }
  | { readonly kind: 'refused'; readonly reason: string };

export const imageUses = ['trainedOn', 'labelled', 'selected', 'heldOut'] as const;
export type ImageUse = (typeof imageUses)[number];

export interface LineageNode {
  readonly run: RunInfo;
  /** The images it used, if any, by their use. */
  readonly images: readonly { readonly use: ImageUse; readonly count: number }[];
}

export interface RunImageWindow {
  readonly use: ImageUse;
  readonly total: number;
  readonly offset: number;
  /** With the class that each had in that use: the label, the teacher's best class, or the class it was ranked in. */
  readonly images: readonly { readonly imageId: number; readonly className: string | null }[];
}

export interface EvaluationView {
  readonly runId: string;
  readonly finishedAt: string;
  /** Its report as one HTML file; null if there is none. */
  readonly reportFile: string | null;
  readonly classNames: readonly string[];
  readonly classIds: readonly number[];
  readonly models: readonly {
    readonly model: EvaluatedModel;
    readonly role: ModelRole;
    readonly runId: string;
    readonly title: string;
    readonly evaluation: Evaluation;
  }[];
  /** Each model compared with the baseline, if there is one. */
  readonly differences: readonly { readonly model: EvaluatedModel; readonly difference: PairedDifference }[];
}

/** `mistakes`: the most confident first. `gains`: the student is right and the teacher wrong. */
export type EvaluationQuery =
  | {
      readonly kind: 'cell';
      readonly model: EvaluatedModel;
      readonly trueClass: number;
      readonly predictedClass: number;
    }
  | { readonly kind: 'mistakes'; readonly model: EvaluatedModel }
  | { readonly kind: 'gains' }
  | { readonly kind: 'losses' };

export interface EvaluatedImageWindow {
  readonly total: number;
  readonly offset: number;
  readonly images: readonly {
    readonly imageId: number;
    readonly trueClass: number;
    readonly predictions: readonly {
      readonly model: EvaluatedModel;
      readonly predictedClass: number;
      /** Calibrated, except in comparisons made before calibration existed. */
      readonly probability: number;
    }[];
  }[];
}

export interface ListedClassification {
  readonly id: string;
  readonly title: string;
  readonly images: number;
  /** The temperature that calibrates its probabilities; null if the model was in no comparison. */
  readonly temperature: number | null;
}

export interface ClassificationWindow {
  readonly id: string;
  readonly title: string;
  readonly classNames: readonly string[];
  readonly total: number;
  readonly offset: number;
  readonly images: readonly {
    /** Its index in the classification, which the URL of its thumbnail needs. */
    readonly place: number;
    readonly path: string;
    readonly top: readonly { readonly className: string; readonly probability: number }[];
    /** Where an image may have several classes, those that reach their thresholds; otherwise null. */
    readonly said: readonly { readonly className: string; readonly probability: number }[] | null;
    readonly unreadable: string | null;
    /** Whether it is unlike anything that the model has learnt from. */
    readonly unlike: boolean;
  }[];
}

export type { Estimate } from '../../pipeline/estimate.ts';
export type { ExportFormat } from '../../pipeline/export-run.ts';
