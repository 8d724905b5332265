/** Jobs as pages see them. */
import type { Job, JobAction, JobLogLine } from '../contract/jobs.ts';
import type { JobsDesk as Service } from '../services.ts';
import type { JobQueue } from '../work/job-queue.ts';

export class JobsDesk implements Service {
  readonly #jobs: JobQueue;

  constructor({ jobs }: { readonly jobs: JobQueue }) {
    this.#jobs = jobs;
  }

  list(): readonly Job[] {
    return this.#jobs.list();
  }

  log(jobId: string): readonly JobLogLine[] {
    return this.#jobs.log(jobId);
  }

  async act(jobId: string, action: JobAction): Promise<Job> {
    return this.#jobs.act(jobId, action);
  }

  async forgetEnded(): Promise<void> {
    this.#jobs.forgetEnded();
  }
}
