/**
 * Runs in progress in this process, where several parts of it may want the same one at once: seeds of an experiment that are
 * computed side by side share the stages that do not depend on the seed, and each other's teachers. The second one waits and
 * then finds the run finished. Other processes are kept out by the project's own lock.
 */
import type { Project } from '../catalogue/project.ts';
import { InTurn } from '../in-turn.ts';

const turns = new WeakMap<Project, Map<string, InTurn>>();

/** Does `work` once all earlier calls with this `name` in the project have settled. */
export async function inTurn<T>(project: Project, name: string, work: () => Promise<T>): Promise<T> {
  const own = turns.get(project) ?? new Map<string, InTurn>();
  turns.set(project, own);
  const turn = own.get(name) ?? new InTurn();
  own.set(name, turn);
  return await turn.run(work);
}
