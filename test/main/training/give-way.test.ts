/**
 * A workbench's computations yield to its requests: compute threads have a lower priority, the process's other threads
 * do not.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { COMPUTING_NICENESS } from '../../../main/jobs/give-way.ts';
import { answersFirst, runOnThread } from '../../../main/jobs/run-on-thread.ts';
import { smallTraining } from './small-training.ts';

it.skipIf(process.platform !== 'linux')(
  'lowers the priority of computing below that of answering, for every thread of the runtime',
  async () => {
    const { request } = await smallTraining();
    const own = nicenessOf(process.pid);
    answersFirst();
    const during: number[][] = [];
    await runOnThread('train', request, { onEvent: () => during.push(nicenesses()) });
    const behind = during.map((all) => all.filter((niceness) => niceness === COMPUTING_NICENESS).length);
    expect(own).toBeLessThan(COMPUTING_NICENESS);
    // The thread that trains, and the one that the runtime adds.
    expect(Math.max(...behind)).toBeGreaterThanOrEqual(request.target.threads ?? 1);
    expect(nicenessOf(process.pid)).toBe(own);
  },
);

function nicenesses(): number[] {
  return readdirSync('/proc/self/task').map((thread) => nicenessOf(Number(thread)));
}

function nicenessOf(thread: number): number {
  const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8');
  // After the name, which is in brackets and may contain any character: the niceness is the seventeenth field.
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
}
