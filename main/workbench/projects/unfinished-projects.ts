/**
 * After a start, opens the projects that have unfinished work, so that it is listed and can be resumed without opening the
 * project first. A project that cannot be opened reports so when it is requested.
 */
import { join } from 'node:path';
import { JobStore } from '../work/job-store.ts';
import type { OpenProjects } from './open-projects.ts';

const UNFINISHED: readonly string[] = ['queued', 'running', 'paused', 'interrupted'];

export async function openUnfinishedProjects(projects: OpenProjects): Promise<void> {
  for (const { folder, present } of await projects.recents.list()) {
    if (!present) continue;
    const records = await new JobStore(join(folder, 'jobs')).read();
    if (records.some(({ state }) => UNFINISHED.includes(state))) await projects.reopen(folder).catch(() => undefined);
  }
}
