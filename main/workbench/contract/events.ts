/** The events that the workbench sends to all listeners, in chronological order. */
import type { TrainingPoint } from '../../training/train-request.ts';
import type { Job } from './jobs.ts';

export type ProjectPart = 'collection' | 'classes' | 'decisions' | 'runs' | 'selection' | 'spotChecks' | 'experiments';

export type WorkbenchEvent =
  | { readonly kind: 'jobChanged'; readonly job: Job }
  | { readonly kind: 'projectChanged'; readonly projectId: string; readonly part: ProjectPart }
  | {
      readonly kind: 'curveGrew';
      readonly projectId: string;
      readonly runId: string;
      readonly points: readonly TrainingPoint[];
    };
