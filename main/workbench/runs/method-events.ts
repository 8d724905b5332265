/** What the method says while it runs, as its job and the open pages hear it; how far it is says whoever has its plan. */
import { type StageName, stages } from '../../pipeline/stages.ts';
import type { PipelineEvent } from '../../pipeline/workspace.ts';
import type { EventHub } from '../work/event-hub.ts';
import type { JobHandle } from '../work/job-work.ts';

export interface MethodHearers {
  readonly events: EventHub;
  readonly projectId: string;
  readonly job: JobHandle;
  /** Of the device, once it is chosen. */
  readonly shown: { readonly device: string };
  /** Gets those that are finished. */
  readonly runIds: string[];
  /** A training can end before its time, and what it has learnt is kept. */
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
      job.log(`${titled(event.stage)}${event.resumed ? ' goes on where it stopped' : ''} (${event.runId})`);
      events.tell({ kind: 'projectChanged', projectId, part: 'runs' });
      break;
    case 'stageFinished':
      job.finishable(false);
      runIds.push(event.runId);
      job.log(`${titled(event.stage)}: ${event.reused ? 'already done, reused' : `${Math.round(event.seconds)} s`}`);
      events.tell({ kind: 'projectChanged', projectId, part: 'runs' });
      break;
    case 'curveGrew':
      // From its first point on there is something to keep.
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
