/**
 * Runs in progress in this process, where several parts of it may want the same one at once: seeds of an experiment that are
 * computed side by side share the stages that do not depend on the seed, and each other's teachers. The second one waits and
 * then finds the run finished. Other processes are kept out by the project's own lock.
 */
import type { Project } from '../catalogue/project.ts';

const turns = new WeakMap<Project, Map<string, Promise<unknown>>>();

/** Does `work` once all earlier calls with this `name` in the project have settled. */
export async function inTurn<T>(project: Project, name: string, work: () => Promise<T>): Promise<T> {
  const own = turns.get(project) ?? new Map<string, Promise<unknown>>();
  turns.set(project, own);
  const before = own.get(name) ?? Promise.resolve();
  // The caller before reports its own failure.
  const done = before.catch(() => {}).then(work);
  own.set(name, done);
  try {
    return await done;
  } finally {
    if (own.get(name) === done) own.delete(name);
  }
}
