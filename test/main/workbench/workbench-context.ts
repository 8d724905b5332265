/** A real context around a new project in a temporary folder. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createContext, type WorkbenchContext } from '../../../main/workbench/context.ts';
import type { Job, JobState } from '../../../main/workbench/contract/jobs.ts';

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'understudy-workbench-'));
}

export async function newContext(root = temporaryFolder()) {
  const context = createContext(join(root, 'settings'));
  const { id: projectId, folder } = await context.projects.create(join(root, 'project'), 'Birds');
  return { context, root, projectId, folder };
}

export async function closeContext({ jobs, projects }: WorkbenchContext): Promise<void> {
  await jobs.close();
  await projects.closeAll();
}

/** Resolves when the job has reached this state; the test's timeout is the limit. */
export async function until(context: WorkbenchContext, jobId: string, ...states: JobState[]): Promise<Job> {
  const over = new AbortController();
  const job = await new Promise<Job>((resolve) => {
    const look = () => {
      const found = context.jobs.list().find(({ id, state }) => id === jobId && states.includes(state));
      if (found) resolve(found);
    };
    context.events.listen(look, over.signal);
    look();
  });
  over.abort();
  return job;
}
