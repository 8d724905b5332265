/** The types that cross the door: the renderer imports only from here and from `app.ts`. */

export type { SimilarImage } from '../pipeline/similar-images.ts';
export type { EvaluatedModel, Goal, ModelRole, StageName } from '../pipeline/stages.ts';
export type { HeldOutAnswers, TrainingPoint } from '../training/train-request.ts';
export type * from '../workbench/contract/collection.ts';
export type * from '../workbench/contract/corrections.ts';
export type * from '../workbench/contract/decisions.ts';
export type * from '../workbench/contract/devices.ts';
export type * from '../workbench/contract/events.ts';
export type * from '../workbench/contract/experiments.ts';
export type * from '../workbench/contract/jobs.ts';
export type * from '../workbench/contract/models.ts';
export type * from '../workbench/contract/projects.ts';
export type * from '../workbench/contract/ranks.ts';
export type * from '../workbench/contract/runs.ts';
