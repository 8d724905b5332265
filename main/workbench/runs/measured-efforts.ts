/**
 * What the whole method takes at each effort, measured one after another in the background: whoever looks is told how far that
 * is. What changes in a project makes it be measured again; what was measured of the device before costs nothing then.
 */
import { parseDevice } from '../../engines/device.ts';
import { PROCESSOR } from '../../engines/engine.ts';
import { traitsOf } from '../../engines/engines.ts';
import { ExpectedFailure, Interrupted, messageOf } from '../../failure.ts';
import { type EffortName, effortNames } from '../../pipeline/effort-kinds.ts';
import { type Effort, effortOf, STEPS_AT_MOST } from '../../pipeline/efforts.ts';
import type { WorkbenchContext } from '../context.ts';
import type { Job } from '../contract/jobs.ts';
import type { EffortsView } from '../contract/runs.ts';

interface Measuring {
  readonly stop: AbortController;
  readonly efforts: Effort[];
  /** Of the efforts before, all; of the one that is measured now, those that it began. */
  steps: number;
  over: boolean;
  failure: string | null;
}

type Means = Pick<WorkbenchContext, 'events' | 'jobs' | 'projects' | 'rates' | 'trials'>;

/** What would be measured beside, wrongly. */
const COMPUTING: ReadonlySet<Job['kind']> = new Set(['runMethod', 'runExperiment']);

export class MeasuredEfforts {
  readonly #context: Means;
  readonly #measuring = new Map<string, Measuring>();

  constructor(context: Means) {
    this.#context = context;
    context.events.listen((event) => {
      if (event.kind === 'projectChanged') this.#forget(event.projectId);
      // What begins now would be slower for it, and would be measured as slower.
      if (event.kind === 'jobChanged' && COMPUTING.has(event.job.kind) && event.job.state === 'running') this.#pause();
    }, new AbortController().signal);
  }

  /** Begins to measure where nobody did; not while a device is at work, since both would be slower than they are. */
  view(projectId: string): EffortsView {
    const known = this.#measuring.get(projectId);
    if (!known && this.#context.jobs.computing) return { kind: 'deviceBusy' };
    const { efforts, steps, over, failure } = known ?? this.#begin(projectId);
    if (failure !== null) return { kind: 'refused', reason: failure };
    const first = efforts[0]?.estimate.device;
    const device = first === undefined ? undefined : parseDevice(first);
    const onProcessor = device === undefined || traitsOf(device).hardware === PROCESSOR;
    return {
      kind: 'measured',
      share: over ? 1 : steps / (STEPS_AT_MOST * effortNames.length),
      preselected: onProcessor ? 'quick' : 'balanced',
      efforts: efforts.map(({ recipe: _, ...shown }) => shown),
    };
  }

  /** Undefined while it is not measured. */
  effort(projectId: string, name: EffortName): Effort | undefined {
    return this.#measuring.get(projectId)?.efforts.find((effort) => effort.name === name);
  }

  #forget(projectId: string): void {
    this.#measuring.get(projectId)?.stop.abort();
    this.#measuring.delete(projectId);
  }

  /** What is measured already stays. */
  #pause(): void {
    for (const [projectId, { over }] of [...this.#measuring]) if (!over) this.#forget(projectId);
  }

  #begin(projectId: string): Measuring {
    const measuring: Measuring = { stop: new AbortController(), efforts: [], steps: 0, over: false, failure: null };
    this.#measuring.set(projectId, measuring);
    void this.#measure(projectId, measuring).catch((error: unknown) => {
      // Another measurement may have begun in its place.
      const isNewest = this.#measuring.get(projectId) === measuring;
      if (isNewest && error instanceof Interrupted) this.#measuring.delete(projectId);
      else measuring.failure = failureText(error);
    });
    return measuring;
  }

  async #measure(projectId: string, measuring: Measuring): Promise<void> {
    const project = await this.#context.projects.opened(projectId);
    const { rates, trials } = this.#context;
    for (const [place, name] of effortNames.entries()) {
      measuring.steps = place * STEPS_AT_MOST;
      const onStep = () => {
        measuring.steps += 1;
      };
      const effort = await effortOf(project, name, { rates, trials, signal: measuring.stop.signal, onStep });
      measuring.efforts.push(effort);
    }
    measuring.over = true;
  }
}

function failureText(error: unknown): string {
  return error instanceof ExpectedFailure ? error.message : `What it takes could not be measured: ${messageOf(error)}.`;
}
