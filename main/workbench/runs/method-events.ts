/** Translates the method's events for its job and the open pages; progress is reported by the holder of its plan. */
import { type StageName, stages } from '../../pipeline/stages.ts';
import type { PipelineEvent } from '../../pipeline/workspace.ts';
import type { EventHub } from '../work/event-hub.ts';
import type { JobHandle } from '../work/job-work.ts';

export interface MethodHearers {
  readonly events: EventHub;
  readonly projectId: string;
  readonly job: JobHandle;
  /** The device, once it is chosen. */
  readonly shown: { readonly device: string };
  /** Receives the ids of finished runs. */
  readonly runIds: string[];
  /** Whether a training can end early and keep what it has learnt. */
  readonly mayEndEarly: boolean;
}

export function tellOfMethod(
  { events, projectId, job, shown, runIds, mayEndEarly }: MethodHearers,
  event: PipelineEvent,
): void {
  const titled = (stage: StageName) => stages[stage].title;
  switch (event.kind) {
    case 'decodeProgressed':
    case 'lookProgressed':
    case 'stageProgressed':
      break;
    case 'awaits':
      job.awaits(event.awaited);
      break;
    case 'stageStarted':
      job.run(event.runId, shown.device);
      job.finishable(false);
      job.log(`${titled(event.stage)}${event.resumed ? ' continues where it stopped' : ''} (${event.runId})`);
      events.tell({ kind: 'projectChanged', projectId, part: 'runs' });
      break;
    case 'stageFinished':
      job.finishable(false);
      runIds.push(event.runId);
      job.log(`${titled(event.stage)}: ${event.reused ? 'already done, reused' : `${Math.round(event.seconds)} s`}`);
      events.tell({ kind: 'projectChanged', projectId, part: 'runs' });
      break;
    case 'curveGrew':
      // From the first point of the curve on there is something to keep.
      job.finishable(mayEndEarly);
      events.tell({ kind: 'curveGrew', projectId, runId: event.runId, points: [event.point] });
      break;
    case 'noted':
      job.log(event.message);
      break;
    default:
      event satisfies never;
  }
}
