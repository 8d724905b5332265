/** The guards of the selection (images/repeats.ts) for a project's images, on a thread of their own where they are many. */
import { IdSet } from '../id-set.ts';
import { type ComparedImages, type Guards, repeatsAmong } from '../images/repeats.ts';
import { runTask } from '../jobs/run-task.ts';

export interface Repeats {
  /** Sorted ids of the candidates to leave out. */
  readonly excluded: Int32Array;
  /** Those of them that repeat a held-out image. */
  readonly leaks: IdSet;
  readonly nearDuplicates: number;
}

/** As many images or fewer are compared sooner than a thread starts. */
export const COMPARED_HERE = 2000;

/** Images that are not in the cache are skipped. Throws `Interrupted`. */
export async function findRepeats(images: ComparedImages, guards: Guards, signal?: AbortSignal): Promise<Repeats> {
  const { candidates, heldOut, cache } = images;
  const { leakGuard, nearDuplicateGuard } = guards;
  const { excluded, leaks } =
    candidates.length + heldOut.length <= COMPARED_HERE
      ? repeatsAmong(images, guards)
      : await runTask(
          'repeats',
          { images: { candidates, heldOut, cache }, guards: { leakGuard, nearDuplicateGuard } },
          { signal },
        );
  return { excluded, leaks: new IdSet(leaks), nearDuplicates: excluded.length - leaks.length };
}
