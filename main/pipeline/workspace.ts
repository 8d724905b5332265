/** What every stage of the method receives: the project, the recipe, where to compute, and an event sink. */
import type { Project } from '../catalogue/project.ts';
import type { Awaited } from '../stall-watch.ts';
import type { ComputeTarget, TrainingPoint } from '../training/train-request.ts';
import type { ResolvedRecipe } from './resolve-recipe.ts';
import type { StageName } from './stages.ts';

/** Events of a running method, in chronological order. */
export type PipelineEvent =
  | { readonly kind: 'stageStarted'; readonly stage: StageName; readonly runId: string; readonly resumed: boolean }
  | {
      readonly kind: 'stageProgressed';
      readonly stage: StageName;
      readonly done: number;
      readonly total: number;
      readonly detail: string;
    }
  | {
      readonly kind: 'stageFinished';
      readonly stage: StageName;
      readonly runId: string;
      /** True if the same work had been done before and was reused. */
      readonly reused: boolean;
      readonly seconds: number;
      readonly metrics: Readonly<Record<string, number>>;
    }
  | { readonly kind: 'curveGrew'; readonly runId: string; readonly point: TrainingPoint }
  | { readonly kind: 'decodeProgressed'; readonly done: number; readonly total: number }
  /** A network from elsewhere computes missing features before a stage continues with them. */
  | { readonly kind: 'lookProgressed'; readonly eyes: string; readonly done: number; readonly total: number }
  /** What the work waits for until its next step. */
  | { readonly kind: 'awaits'; readonly awaited: Awaited }
  | { readonly kind: 'noted'; readonly message: string };

export interface EndedEarly {
  readonly runIds: readonly string[];
  add(runId: string): void;
}

export interface Workspace {
  readonly project: Project;
  readonly recipe: ResolvedRecipe;
  readonly target: ComputeTarget;
  /** The devices that label partitions, one each at once; the first one is `target`. */
  readonly labelTargets: readonly ComputeTarget[];
  /** The Redis of the machines that label partitions instead. */
  readonly fleet?: URL | undefined;
  /** Nothing was decoded first: whoever labels reads the images themselves where the pixel cache lacks them. */
  readonly undecoded?: boolean | undefined;
  readonly signal: AbortSignal;
  /** The results belong to an experiment, not to the project itself. */
  readonly forExperiment?: boolean | undefined;
  /**
   * The returned signal aborts when the training that starts now is to end early: what it has learnt is kept, and the
   * following stages continue with that.
   */
  readonly finishSignal?: (() => AbortSignal) | undefined;
  /**
   * The trainings that were ended early in this piece of work: the kept runs stand in for them, also after a restart.
   */
  readonly endedEarly?: EndedEarly | undefined;
  tell(event: PipelineEvent): void;
}
