/** What every stage of the method is given: the project, the recipe, where to compute, and whom to tell. */
import type { Project } from '../catalogue/project.ts';
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
  | { readonly kind: 'noted'; readonly message: string };

export interface Workspace {
  readonly project: Project;
  readonly recipe: ResolvedRecipe;
  readonly target: ComputeTarget;
  readonly signal: AbortSignal;
  /**
   * Aborts when the training that begins now is to end early and keep its model. It counts as done then: the record says how
   * many images it processed, and more can be added by extending it.
   */
  readonly finishSignal?: (() => AbortSignal) | undefined;
  tell(event: PipelineEvent): void;
}
