/** The paper's study and other grids of settings: what they ask, what they will take, what they found. */
import type { ExperimentEstimate } from '../../experiments/plan-experiment.ts';
import type { ResultRecord } from '../../experiments/save-experiment.ts';

export type { ResultFile } from '../../experiments/save-experiment.ts';

/** Which one: of those that come with the program, or as a person wrote it in a file. */
export type AskedExperiment =
  | { readonly kind: 'builtIn'; readonly name: string }
  | { readonly kind: 'written'; readonly file: string; readonly text: string };

export interface ExperimentInfo {
  readonly name: string;
  readonly title: string;
  readonly question: string;
  /** What the paper found. */
  readonly claim: string | null;
  /** What is compared; empty where it cannot be done. */
  readonly cells: readonly string[];
  /** Why it cannot be done with this recipe and collection. */
  readonly unfit: string | null;
  /** It has results. */
  readonly done: boolean;
}

export interface ExperimentsView {
  readonly builtIn: readonly ExperimentInfo[];
  /** Others that have results. */
  readonly others: readonly { readonly name: string; readonly title: string }[];
  readonly usualSeeds: number;
  readonly mostSeeds: number;
}

export interface ExperimentLook {
  readonly name: string;
  readonly title: string;
  readonly question: string;
  readonly cells: readonly string[];
  readonly against: string;
  readonly seeds: number;
  readonly estimate: ExperimentEstimate;
}

export interface ExperimentResults extends Omit<ResultRecord, 'cells' | 'verdict'> {
  readonly cells: readonly (ResultRecord['cells'][number] & { readonly finding: 'above' | 'below' | 'unclear' })[];
  /** One sentence; null while some of it is still to be done. */
  readonly verdict: string | null;
  /** Runs of the method that were judged, and all of them. */
  readonly judged: number;
  readonly of: number;
  /** Null while it is under way. */
  readonly savedAt: string | null;
  /** Where the files are; null before there are any. */
  readonly folder: string | null;
}
