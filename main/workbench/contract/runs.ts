/** Runs: what was trained, labelled, selected, compared, and what would be. */

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

/** What a person chose of `FileLook`. */
export interface BringChoice {
  readonly as?: BroughtAs | undefined;
  readonly preset?: PresetName | undefined;
}

export interface RunInfo {
  readonly id: string;
  readonly stage: StageName;
  readonly title: string;
  /** Whose work it was. */
  readonly side: StageSide;
  /** What its model is in a comparison; null for a run that trains none. */
  readonly role: ModelRole | null;
  /** The run whose training it goes on from; null where it begins by itself. */
  readonly continues: string | null;
  /** What can be exported of it. */
  readonly exports: readonly ExportFormat[];
  /** Of the work on it: a run is running only while a job works on it. */
  readonly state: JobState;
  readonly reason: string | null;
  readonly parents: readonly string[];
  readonly device: string;
  readonly seed: number;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly metrics: Readonly<Record<string, number>>;
  /** Top-1 in the newest evaluation that has it; null without one. */
  readonly heldOutTop1: number | null;
  readonly versions: Readonly<Record<string, string>>;
  readonly hasModel: boolean;
  /** It was brought as a model file: `reason` says how its outputs were taken, and it cannot be trained on. */
  readonly imported: boolean;
  /** A teacher that was trained here can be trained on. */
  readonly extendable: boolean;
  /** A training that was stopped, of which what it has learnt can be kept as a run of its own. */
  readonly keepable: boolean;
}

/** What deleting a run takes away. */
export interface RunDeletion {
  readonly runId: string;
  /** One paragraph for a person. */
  readonly says: string;
  readonly bytes: number;
  /** The runs that build on it, which go with it. */
  readonly dependents: readonly { readonly runId: string; readonly title: string }[];
}

export interface RecipeView {
  /** As the project keeps it: `auto` where the collection decides. */
  readonly recipe: Recipe;
  /** Null while the collection cannot be trained on; `unfit` says why. */
  readonly resolved: ResolvedRecipe | null;
  readonly explanations: readonly RecipeExplanation[];
  readonly unfit: string | null;
  readonly beginning: Beginning;
  readonly builtIn: readonly string[];
  readonly models: readonly string[];
  /** That can be tried on this computer, by name. */
  readonly devices: readonly string[];
}

/** What the whole method takes at each effort; the efforts come one after another while they are measured. */
export type EffortsView =
  | {
      readonly kind: 'measured';
      /** How much of the measuring is over. */
      readonly share: number;
      readonly preselected: EffortName;
      readonly efforts: readonly Omit<Effort, 'recipe'>[];
    }
  /** Nothing is measured beside other work. */
  | { readonly kind: 'deviceBusy' }
  | { readonly kind: 'refused'; readonly reason: string };

export const imageUses = ['trainedOn', 'labelled', 'selected', 'heldOut'] as const;
export type ImageUse = (typeof imageUses)[number];

export interface LineageNode {
  readonly run: RunInfo;
  /** The images it used, if any, by what they were for. */
  readonly images: readonly { readonly use: ImageUse; readonly count: number }[];
}

export interface RunImageWindow {
  readonly use: ImageUse;
  readonly total: number;
  readonly offset: number;
  /** With the class that each had there: the label, the teacher's first, or the rank's. */
  readonly images: readonly { readonly imageId: number; readonly className: string | null }[];
}

export interface EvaluationView {
  readonly runId: string;
  readonly finishedAt: string;
  /** The report of it as one HTML file; null where there is none. */
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
  /** Each model against the baseline, where there is one. */
  readonly differences: readonly { readonly model: EvaluatedModel; readonly difference: PairedDifference }[];
}

/** `mistakes`: the most confident first. `gains`: the student is right where the teacher is wrong. */
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
      /** Calibrated, but in comparisons from before that was known. */
      readonly probability: number;
    }[];
  }[];
}

export interface ListedClassification {
  readonly id: string;
  readonly title: string;
  readonly images: number;
  /** By which its probabilities are calibrated; null where the model was in no comparison. */
  readonly temperature: number | null;
}

export interface ClassificationWindow {
  readonly id: string;
  readonly title: string;
  readonly classNames: readonly string[];
  readonly total: number;
  readonly offset: number;
  readonly images: readonly {
    /** Its place in the classification: the URL of its thumbnail needs it. */
    readonly place: number;
    readonly path: string;
    readonly top: readonly { readonly className: string; readonly probability: number }[];
    /** Where an image may have several classes, those that reach their thresholds; null where it has one. */
    readonly said: readonly { readonly className: string; readonly probability: number }[] | null;
    readonly unreadable: string | null;
    /** Whether it is unlike anything that the model has learnt from. */
    readonly unlike: boolean;
  }[];
}

export type { Estimate } from '../../pipeline/estimate.ts';
export type { ExportFormat } from '../../pipeline/export-run.ts';
