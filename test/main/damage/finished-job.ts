/** Waits for a job of a workbench without a sleep. */
import type { Job } from '../../../main/workbench/contract/jobs.ts';
import type { Workbench } from '../../../main/workbench/services.ts';

const ENDED: readonly Job['state'][] = ['succeeded', 'cancelled', 'failed', 'interrupted'];

export async function endedJob({ jobs, events }: Workbench, { id }: Job): Promise<Job> {
  const over = new AbortController();
  const job = await new Promise<Job>((resolve) => {
    const look = () => {
      const found = jobs.list().find((one) => one.id === id && ENDED.includes(one.state));
      if (found) resolve(found);
    };
    events.listen(look, over.signal);
    look();
  });
  over.abort();
  return job;
}

/** Throws the job's reason if it did not succeed. */
export async function finishedJob(workbench: Workbench, job: Job): Promise<Job> {
  const ended = await endedJob(workbench, job);
  if (ended.state !== 'succeeded') throw new Error(`${ended.title} ${ended.state}: ${ended.reason}`);
  return ended;
}
