/**
 * Long work: waiting for what it needs exclusively (`claim.ts`), running, stopping at a checkpoint, resuming. Jobs run in the
 * order of their requests. The desks define the work; the queue only knows that work can be asked to stop, and can be called
 * again to continue.
 */
import { ExpectedFailure, Interrupted, messageOf, WrongUsage } from '../../failure.ts';
import { type Clock, systemClock } from '../../stall-watch.ts';
import { asSystemFailure } from '../../system-failure.ts';
import type { Job, JobAction, JobKind, JobLogLine } from '../contract/jobs.ts';
import { Closing, NotFound } from '../failures.ts';
import type { EventHub } from './event-hub.ts';
import { JobStore } from './job-store.ts';
import type { JobHandle, JobSpec, JobWork, MakeJobWork } from './job-work.ts';
import { LiveJob, type StopReason } from './live-job.ts';
import { Throttle } from './throttle.ts';
import { turnsOf } from './turns.ts';

const MOST_ENDED_JOBS = 200;

export class JobQueue {
  readonly #events: EventHub;
  readonly #jobs = new Map<string, LiveJob>();
  /** Running jobs, each with a promise for its end. */
  readonly #running = new Map<LiveJob, Promise<void>>();
  readonly #stores = new Map<string, JobStore>();
  readonly #names = new Map<string, string>();
  readonly #makers = new Map<JobKind, MakeJobWork>();
  readonly #news = new Throttle<LiveJob>((job) => this.#tell(job));
  /** Waiting jobs, each with the last of those it waits for. */
  #waiting: ReadonlyMap<LiveJob, LiveJob> = new Map();
  readonly #clock: Clock;
  #closing = false;

  constructor(events: EventHub, clock: Clock = systemClock) {
    this.#events = events;
    this.#clock = clock;
  }

  /** Makes jobs of this kind resumable after a restart. */
  register(kind: JobKind, make: MakeJobWork): void {
    this.#makers.set(kind, make);
  }

  /** Throws `Closing` when the workbench is being closed. */
  submit(spec: JobSpec): Job {
    if (this.#closing) throw new Closing();
    const sequence = 1 + Math.max(0, ...Array.from(this.#jobs.values(), ({ record }) => record.sequence ?? 0));
    const job = LiveJob.of(spec, sequence);
    if (!this.#workOf(job)) throw new Error(`jobs of kind ${spec.kind} are not registered and come without work`);
    this.#jobs.set(job.record.id, job);
    this.#boundHistory(job.projectId);
    this.#changed(job);
    this.#startWhatCan();
    return this.#view(job);
  }

  /** The newest first. */
  list(): readonly Job[] {
    return [...this.#jobs.values()].reverse().map((job) => this.#view(job));
  }

  /** The parameters of a project's jobs that run, wait or can be resumed: what they need must be kept. */
  parametersInUse(kind: JobKind, projectId: string): readonly unknown[] {
    return [...this.#jobs.values()]
      .filter((job) => job.record.kind === kind && job.projectId === projectId)
      .filter(({ record }) => record.state !== 'succeeded' && record.state !== 'cancelled')
      .map(({ record }) => record.parameters);
  }

  /** Whether a device is computing. */
  get computing(): boolean {
    return [...this.#running.keys()].some(({ claim }) => claim.lane === 'compute');
  }

  log(jobId: string): readonly JobLogLine[] {
    return [...this.#job(jobId).record.log];
  }

  /** Throws `NotFound`, or `WrongUsage` when the job's state does not allow it. Returns at once: stopping takes a while. */
  act(jobId: string, action: JobAction): Job {
    const job = this.#job(jobId);
    const { can, state, title } = this.#view(job);
    if (!can.includes(action)) throw new WrongUsage(`“${title}” is ${state} and cannot ${action} now.`);
    if (action === 'finish') job.askToFinish();
    else if (action === 'resume') this.#resume(job);
    else this.#stop(job, action === 'pause' ? 'paused' : 'cancelled');
    this.#changed(job);
    this.#startWhatCan();
    return this.#view(job);
  }

  /** Removes succeeded, cancelled and failed jobs from the list. */
  forgetEnded(): void {
    for (const job of [...this.#jobs.values()]) if (job.ended) this.#forget(job);
  }

  /**
   * Takes over the records of earlier jobs from the project's folder; those that ran when the process ended are interrupted.
   */
  async adopt(
    projectId: string,
    name: string,
    folder: string,
    onDamage: (damaged: ExpectedFailure) => void = () => {},
  ): Promise<void> {
    const store = new JobStore(folder);
    await store.removeLeftovers();
    const records = await store.read(onDamage);
    this.#stores.set(projectId, store);
    this.#names.set(projectId, name);
    for (const record of records) {
      const job = new LiveJob(record, projectId);
      this.#jobs.set(record.id, job);
      if (record.state === 'running' || record.state === 'queued') {
        job.stopped('interrupted', `Understudy ended ${record.state === 'running' ? 'during' : 'before'} this work.`);
        this.#changed(job);
      }
    }
    this.#boundHistory(projectId);
  }

  /** Stops the project's jobs at their next checkpoint, waits for that, and no longer lists them. */
  async release(projectId: string): Promise<void> {
    await this.#stopAll(
      (job) => job.projectId === projectId,
      'The project was closed during this work; resume continues where it stopped.',
    );
    await this.#stores.get(projectId)?.flushed();
    this.#stores.delete(projectId);
    this.#names.delete(projectId);
    for (const job of [...this.#jobs.values()]) if (job.projectId === projectId) this.#jobs.delete(job.record.id);
  }

  /** Resolves when the job neither waits nor runs. */
  async settled(jobId: string): Promise<Job> {
    const job = this.#job(jobId);
    const over = new AbortController();
    await new Promise<void>((resolve) => {
      const look = () => {
        if (!['queued', 'running'].includes(job.record.state)) resolve();
      };
      this.#events.listen(look, over.signal);
      look();
    });
    over.abort();
    return this.#view(job);
  }

  /** Starts nothing any more; running jobs are stopped at their next checkpoint and can be resumed at the next start. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#stopAll(() => true, 'Understudy was closed during this work; resume continues where it stopped.');
    this.#news.end();
    await Promise.all([...this.#stores.values()].map((store) => store.flushed()));
  }

  #startWhatCan(): void {
    if (this.#closing) return;
    const before = this.#waiting;
    const asking = [...this.#jobs.values()].filter(({ record }) => record.state === 'queued');
    const { startable, waiting } = turnsOf(this.#running.keys(), asking);
    this.#waiting = waiting;
    // A listener to the first job's start may have caused the others to be started.
    for (const job of startable) if (!this.#running.has(job)) this.#start(job);
    for (const [job, last] of waiting) if (before.get(job) !== last) this.#tell(job);
  }

  #start(job: LiveJob): void {
    job.start(() => this.#tell(job), this.#clock);
    const over = this.#work(job).then(() => {
      this.#running.delete(job);
      this.#changed(job);
      this.#startWhatCan();
    });
    this.#running.set(job, over);
    this.#changed(job);
  }

  /** Never rejects: every outcome is a state. */
  async #work(job: LiveJob): Promise<void> {
    try {
      // One tick later, so that the submitter is first informed that it is queued.
      await Promise.resolve();
      const work = this.#workOf(job);
      if (!work) throw new Error(`nothing can do jobs of kind ${job.record.kind}`);
      job.succeed(await work(this.#handle(job)));
    } catch (error) {
      this.#endedBy(error, job);
    }
  }

  #endedBy(thrown: unknown, job: LiveJob): void {
    const error = asSystemFailure(thrown);
    const stoppedAsAsked = error instanceof Interrupted || (error instanceof Error && error.name === 'AbortError');
    const elsewhere = error instanceof ElsewhereBusy;
    if (job.stopReason !== null && (stoppedAsAsked || elsewhere)) job.stoppedAsAsked();
    else if (elsewhere) job.queue();
    else if (error instanceof ExpectedFailure) job.fail(messageOf(error));
    else {
      job.log(error instanceof Error ? (error.stack ?? error.message) : String(error));
      job.fail(
        `This is a bug in Understudy (${messageOf(error)}); everything saved in your project is kept. The log has more.`,
      );
    }
  }

  #handle(job: LiveJob): JobHandle {
    return {
      signal: job.signal,
      get finishSignal() {
        return job.finishSignal;
      },
      get reached() {
        return job.reached;
      },
      progress: (update, awaited) => {
        job.progress(update, awaited);
        this.#news.soon(job);
      },
      awaits: (awaited) => {
        job.awaits(awaited);
        this.#news.soon(job);
      },
      log: (text) => {
        job.log(text);
        this.#keep(job);
        this.#news.soon(job);
      },
      computesOn: (hardware) => {
        const { claim } = job;
        if (claim.lane === 'io') throw new Error(`“${job.record.title}” is no job that computes`);
        const held = claim.hardware === null || claim.hardware.includes(hardware);
        job.claimHardware(hardware);
        this.#keep(job);
        if (!held) throw new ElsewhereBusy();
        this.#startWhatCan();
      },
      run: (runId, device) => {
        job.run(runId, device);
        this.#changed(job);
      },
      get kept() {
        return job.kept;
      },
      keep: (runId) => {
        job.keep(runId);
        this.#keep(job);
      },
      finishable: (can) => {
        job.finishable(can);
        this.#news.soon(job);
      },
    };
  }

  /** Behind all that are waiting. */
  #resume(job: LiveJob): void {
    if (this.#closing) throw new Closing();
    this.#jobs.delete(job.record.id);
    this.#jobs.set(job.record.id, job);
    job.queue();
  }

  #stop(job: LiveJob, reason: 'paused' | 'cancelled'): void {
    if (job.record.state === 'running') job.askToStop(reason, STOPPED[reason]);
    else job.stopped(reason, STOPPED[reason]);
  }

  /** A pause or cancel that was requested before takes precedence. */
  #interrupt(job: LiveJob, why: string): void {
    if (job.stopReason === null) job.askToStop('interrupted', why);
  }

  async #stopAll(chosen: (job: LiveJob) => boolean, why: string): Promise<void> {
    for (const job of this.#jobs.values()) {
      if (!chosen(job)) continue;
      if (job.record.state === 'queued') job.stopped('interrupted', why);
      else if (job.record.state === 'running') this.#interrupt(job, why);
      else continue;
      this.#changed(job);
    }
    await Promise.all([...this.#running].filter(([job]) => chosen(job)).map(([, over]) => over));
  }

  #workOf(job: LiveJob): JobWork | undefined {
    if (job.work) return job.work;
    const make = this.#makers.get(job.record.kind);
    return make && job.projectId !== null ? make(job.projectId, job.record.parameters) : undefined;
  }

  #job(jobId: string): LiveJob {
    const job = this.#jobs.get(jobId);
    if (!job) throw new NotFound(`There is no job ${jobId}: it was cleared, or its project is closed.`);
    return job;
  }

  #view(job: LiveJob): Job {
    const resumable = job.work !== undefined || (job.projectId !== null && this.#makers.has(job.record.kind));
    const last = job.record.state === 'queued' ? this.#waiting.get(job) : undefined;
    const name = job.projectId === null ? undefined : this.#names.get(job.projectId);
    return job.view(resumable, last?.record.title ?? null, name ?? null);
  }

  #changed(job: LiveJob): void {
    this.#keep(job);
    this.#tell(job);
  }

  #tell(job: LiveJob): void {
    this.#events.tell({ kind: 'jobChanged', job: this.#view(job) });
  }

  #keep(job: LiveJob): void {
    if (job.projectId === null) return;
    const { id } = job.record;
    this.#stores.get(job.projectId)?.keep(id, () => (this.#jobs.get(id) === job ? job.record : null));
  }

  #forget(job: LiveJob): void {
    this.#jobs.delete(job.record.id);
    this.#keep(job);
  }

  #boundHistory(projectId: string | null): void {
    const ended = [...this.#jobs.values()].filter((job) => job.projectId === projectId && job.ended);
    for (const job of ended.slice(0, Math.max(0, ended.length - MOST_ENDED_JOBS))) this.#forget(job);
  }
}

/** The work is to be called again, once the hardware that it needs after all is free. */
class ElsewhereBusy extends Error {}

const STOPPED = {
  paused: 'Paused; resume continues where it stopped.',
  cancelled: 'Cancelled; what was done is kept.',
} as const satisfies Record<Exclude<StopReason, 'interrupted'>, string>;
