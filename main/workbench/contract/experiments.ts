/** The paper's study and other grids of settings: their questions, cost and results. */
import type { ExperimentEstimate } from '../../experiments/plan-experiment.ts';
import type { ResultRecord } from '../../experiments/save-experiment.ts';

export type { ResultFile } from '../../experiments/save-experiment.ts';

/** An experiment: a built-in one, or one that a person wrote in a file. */
export type AskedExperiment =
  | { readonly kind: 'builtIn'; readonly name: string }
  | { readonly kind: 'written'; readonly file: string; readonly text: string };

export interface ExperimentInfo {
  readonly name: string;
  readonly title: string;
  readonly question: string;
  /** What the paper found. */
  readonly claim: string | null;
  /** The cells that are compared; empty if the experiment cannot be run. */
  readonly cells: readonly string[];
  /** Why it cannot be run with this recipe and collection. */
  readonly unfit: string | null;
  /** Whether it has results. */
  readonly done: boolean;
}

export interface ExperimentsView {
  readonly builtIn: readonly ExperimentInfo[];
  /** Other experiments with results. */
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
  /** One sentence; null while the experiment is unfinished. */
  readonly verdict: string | null;
  /** The runs of the method that have been judged, and the number of all. */
  readonly judged: number;
  readonly of: number;
  /** Null while it is running. */
  readonly savedAt: string | null;
  /** The folder of the files; null before there are any. */
  readonly folder: string | null;
}
