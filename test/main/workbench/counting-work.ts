/**
 * Work that can be stopped between any two of its steps and continues from the contents of its file: a training in miniature.
 */
import { appendFileSync, existsSync, statSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { Interrupted } from '../../../main/failure.ts';
import type { MakeJobWork } from '../../../main/workbench/work/job-work.ts';

export interface Counting {
  readonly file: string;
  readonly total: number;
}

export function counted(file: string): number {
  return existsSync(file) ? statSync(file).size : 0;
}

export const countingWork: MakeJobWork = (_projectId, parameters) => async (job) => {
  const { file, total } = parameters as Counting;
  job.finishable(true);
  job.log(`begins at ${counted(file)}`);
  for (let done = counted(file); done < total; done++) {
    if (job.signal.aborted) throw new Interrupted();
    if (job.finishSignal.aborted) break;
    appendFileSync(file, '.');
    job.progress({ label: 'Counting', done: done + 1, total, unit: 'files', detail: '' });
    await wait(2);
  }
  return { kind: 'imported', images: counted(file), problems: 0 };
};
