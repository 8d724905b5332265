/** What every stage of the method is given: the project, the recipe, where to compute, and whom to tell. */
import type { Project } from '../catalogue/project.ts';
import type { Awaited } from '../stall-watch.ts';
import type { ComputeTarget, TrainingPoint } from '../training/train-request.ts';
import type { ResolvedRecipe } from './resolve-recipe.ts';
import type { StageName } from './stages.ts';

/** What happens while the method runs, in the order of its happening. */
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
      /** True when the same work had been done before and was taken over. */
      readonly reused: boolean;
      readonly seconds: number;
      readonly metrics: Readonly<Record<string, number>>;
    }
  | { readonly kind: 'curveGrew'; readonly runId: string; readonly point: TrainingPoint }
  | { readonly kind: 'decodeProgressed'; readonly done: number; readonly total: number }
  /** A network from elsewhere looks at images that it did not see yet, before a stage goes on with what it saw. */
  | { readonly kind: 'lookProgressed'; readonly eyes: string; readonly done: number; readonly total: number }
  /** What the work waits for from here to its next step. */
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
  /** Where partitions are labelled, one each at once; the target is the first. */
  readonly labelTargets: readonly ComputeTarget[];
  /** The Redis of the machines that label partitions instead. */
  readonly fleet?: URL | undefined;
  readonly signal: AbortSignal;
  /** What is made is an experiment's, and not the project's own. */
  readonly forExperiment?: boolean | undefined;
  /** Aborts when the training that begins now is to end early: what it has learnt is kept, and what follows goes on with that. */
  readonly finishSignal?: (() => AbortSignal) | undefined;
  /** The trainings that were ended early in this piece of work: what was kept of them stands for them, also after a restart. */
  readonly endedEarly?: EndedEarly | undefined;
  tell(event: PipelineEvent): void;
}
