/**
 * The cost of the whole method at each effort, measured one after another in the background, with progress. A change of the
 * project causes a new measurement; device rates that were measured before are reused.
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
  /** All steps of the efforts before, and those that the current effort has started. */
  steps: number;
  over: boolean;
  failure: string | null;
}

type Means = Pick<WorkbenchContext, 'events' | 'jobs' | 'projects' | 'rates' | 'trials'>;

/** Jobs during which a measurement would be wrong. */
const COMPUTING: ReadonlySet<Job['kind']> = new Set(['runMethod', 'runExperiment']);

export class MeasuredEfforts {
  readonly #context: Means;
  readonly #measuring = new Map<string, Measuring>();

  constructor(context: Means) {
    this.#context = context;
    context.events.listen((event) => {
      if (event.kind === 'projectChanged') this.#forget(event.projectId);
      // A job that starts now would be slowed by the measurement, and would distort it.
      if (event.kind === 'jobChanged' && COMPUTING.has(event.job.kind) && event.job.state === 'running') this.#pause();
    }, new AbortController().signal);
  }

  /** Starts measuring if nobody has; not while a device is computing, since both would slow each other down. */
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

  /** Undefined while it has not been measured. */
  effort(projectId: string, name: EffortName): Effort | undefined {
    return this.#measuring.get(projectId)?.efforts.find((effort) => effort.name === name);
  }

  #forget(projectId: string): void {
    this.#measuring.get(projectId)?.stop.abort();
    this.#measuring.delete(projectId);
  }

  /** What has been measured is kept. */
  #pause(): void {
    for (const [projectId, { over }] of [...this.#measuring]) if (!over) this.#forget(projectId);
  }

  #begin(projectId: string): Measuring {
    const measuring: Measuring = { stop: new AbortController(), efforts: [], steps: 0, over: false, failure: null };
    this.#measuring.set(projectId, measuring);
    void this.#measure(projectId, measuring).catch((error: unknown) => {
      // Another measurement may have replaced this one.
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
  return error instanceof ExpectedFailure ? error.message : `The cost could not be measured: ${messageOf(error)}.`;
}
