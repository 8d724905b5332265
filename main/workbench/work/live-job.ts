/** One job in memory: its record, the actions possible now, and the signals its work listens to. */
import { randomBytes } from 'node:crypto';
import type { JobRecord } from '../../catalogue/job-record.ts';
import { ProgressRate } from '../../progress-rate.ts';
import { type Awaited, type Clock, StallWatch } from '../../stall-watch.ts';
import type { Job, JobAction, JobResult } from '../contract/jobs.ts';
import type { Claim } from './claim.ts';
import type { JobSpec, JobWork, ProgressUpdate } from './job-work.ts';

const MOST_LOG_LINES = 500;

/** Why work is asked to stop; also the state that follows. */
export type StopReason = 'paused' | 'cancelled' | 'interrupted';

const STOPPING = {
  paused: 'Pausing at the next checkpoint.',
  cancelled: 'Stopping at the next checkpoint.',
  interrupted: 'Stopping at the next checkpoint.',
} as const satisfies Record<StopReason, string>;

export class LiveJob {
  readonly projectId: string | null;
  /** Given by a desk; without it the registered kind makes the work. */
  readonly work: JobWork | undefined;
  readonly #record: JobRecord;
  #stop = new AbortController();
  #finish = new AbortController();
  #stopReason: StopReason | null = null;
  #stoppedBecause = '';
  #finishable = false;
  #rate = new ProgressRate();
  #stall: StallWatch | undefined;

  constructor(record: JobRecord, projectId: string | null, work?: JobWork) {
    this.#record = record;
    this.projectId = projectId;
    this.work = work;
  }

  static of(spec: JobSpec, sequence: number): LiveJob {
    const record: JobRecord = {
      version: 1,
      id: `job-${Date.now().toString(36)}-${randomBytes(4).toString('hex')}`,
      kind: spec.kind,
      title: spec.title,
      lane: spec.lane,
      hardware: spec.lane === 'io' || spec.hardware === null ? null : [...spec.hardware],
      parameters: spec.parameters ?? null,
      state: 'queued',
      reason: null,
      sequence,
      createdAt: new Date().toISOString(),
      startedAt: null,
      finishedAt: null,
      runId: null,
      device: null,
      kept: [],
      progress: null,
      result: null,
      log: [],
    };
    return new LiveJob(record, spec.projectId, spec.work);
  }

  get record(): Readonly<JobRecord> {
    return this.#record;
  }

  get ended(): boolean {
    return ['succeeded', 'cancelled', 'failed'].includes(this.#record.state);
  }

  get claim(): Claim {
    const { lane, hardware } = this.#record;
    return lane === 'io' ? { lane, projectId: this.projectId } : { lane, projectId: this.projectId, hardware };
  }

  claimHardware(hardware: string): void {
    this.#record.hardware = [hardware];
  }

  get stopReason(): StopReason | null {
    return this.#stopReason;
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** For the run in progress. */
  get finishSignal(): AbortSignal {
    return this.#finish.signal;
  }

  queue(): void {
    this.#stall?.end();
    Object.assign(this.#record, { state: 'queued', reason: null, finishedAt: null, result: null });
  }

  /** `onStall` is called when the job makes no progress for a while. */
  start(onStall: () => void, clock: Clock): void {
    this.#stop = new AbortController();
    this.#finish = new AbortController();
    this.#stopReason = null;
    this.#finishable = false;
    this.#rate = new ProgressRate();
    this.#stall = new StallWatch(onStall, clock);
    this.#stall.step('disk');
    this.#record.state = 'running';
    this.#record.startedAt = new Date().toISOString();
    this.log('Started.');
  }

  /** `then` is the reason shown once it has stopped. */
  askToStop(reason: StopReason, then: string): void {
    this.#stopReason = reason;
    this.#stoppedBecause = then;
    this.#record.reason = STOPPING[reason];
    this.#stop.abort();
  }

  askToFinish(): void {
    this.#record.reason = 'Ending now; the model is kept.';
    this.#finish.abort();
  }

  finishable(can: boolean): void {
    this.#finishable = can;
  }

  get kept(): readonly string[] {
    return this.#record.kept;
  }

  keep(runId: string): void {
    this.#record.kept.push(runId);
  }

  progress(update: ProgressUpdate, awaited: Awaited = 'step'): void {
    const rated = update.perSecond === undefined ? this.#rate.measure(update) : {};
    this.#record.progress = { model: null, whole: null, perSecond: null, secondsLeft: null, ...rated, ...update };
    this.awaits(awaited);
  }

  awaits(awaited: Awaited): void {
    this.#stall?.step(awaited);
  }

  get reached(): number {
    return this.#record.progress?.whole?.share ?? 0;
  }

  log(text: string): void {
    const { log } = this.#record;
    log.push({ at: new Date().toISOString(), text });
    if (log.length > MOST_LOG_LINES) log.splice(0, log.length - MOST_LOG_LINES);
  }

  run(runId: string, device: string): void {
    // The request to end applies to one training, not to those that follow.
    if (runId !== this.#record.runId && this.#finish.signal.aborted) {
      this.#finish = new AbortController();
      this.#record.reason = null;
    }
    Object.assign(this.#record, { runId, device });
  }

  succeed(result: JobResult | null): void {
    this.#end('succeeded', null);
    // A mutable copy, as the record's type requires.
    this.#record.result = result === null ? null : structuredClone<JobRecord['result']>(mutable(result));
  }

  stoppedAsAsked(): void {
    if (this.#stopReason !== null) this.stopped(this.#stopReason, this.#stoppedBecause);
  }

  stopped(state: StopReason, reason: string): void {
    this.#end(state, reason);
  }

  fail(reason: string): void {
    this.#end('failed', reason);
  }

  /** @param waitsFor the title of the job whose end it waits for */
  view(resumable: boolean, waitsFor: string | null, projectName: string | null): Job {
    const {
      version: _version,
      lane: _lane,
      hardware: _hardware,
      parameters: _parameters,
      log: _log,
      kept: _kept,
      ...shown
    } = this.#record;
    const { projectId } = this;
    const stall = this.#stall?.sentence ?? null;
    return { ...shown, projectId, projectName, waitsFor, stall, can: this.#can(resumable) };
  }

  #end(state: JobRecord['state'], reason: string | null): void {
    this.#stall?.end();
    Object.assign(this.#record, { state, reason, finishedAt: new Date().toISOString() });
    this.log(reason ?? 'Done.');
  }

  #can(resumable: boolean): JobAction[] {
    const again: JobAction[] = resumable ? ['resume'] : [];
    switch (this.#record.state) {
      case 'queued':
        return resumable ? ['pause', 'cancel'] : ['cancel'];
      case 'running':
        return this.#whileRunning(resumable);
      case 'paused':
      case 'interrupted':
        return [...again, 'cancel'];
      case 'failed':
        return again;
      case 'succeeded':
      case 'cancelled':
        return [];
      default:
        return this.#record.state satisfies never;
    }
  }

  #whileRunning(resumable: boolean): JobAction[] {
    if (this.#stopReason !== null) return this.#stopReason === 'paused' ? ['cancel'] : [];
    if (this.#finish.signal.aborted) return ['cancel'];
    const actions: JobAction[] = resumable ? ['pause', 'cancel'] : ['cancel'];
    return this.#finishable ? [...actions, 'finish'] : actions;
  }
}

function mutable(result: JobResult): NonNullable<JobRecord['result']> {
  return result.kind === 'ran' ? { ...result, runIds: [...result.runIds] } : result;
}
