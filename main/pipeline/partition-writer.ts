/**
 * Collects the scores of some partitions of a labelling as they arrive, and writes each partition as soon as it is
 * full, while the next ones are computed.
 */
import { at } from '../at.ts';
import type { ScoreRows, ScoreStore } from '../catalogue/score-store.ts';
import type { ScoredBatch } from '../training/predict-request.ts';
import { topClasses } from '../training/top-classes.ts';

export interface PartitionsToWrite {
  readonly scores: Pick<ScoreStore, 'writePartition'>;
  readonly runId: string;
  /** In order. */
  readonly partitions: readonly { readonly partition: number; readonly imageIds: Int32Array }[];
  /** The project's class of each of the teacher's outputs. */
  readonly classIds: readonly number[];
  readonly topP: number;
}

interface OpenPartition {
  readonly partition: number;
  readonly rows: ScoreRows & { readonly classIds: Int32Array };
  filled: number;
}

export class PartitionWriter {
  /** Of all partitions, in order. */
  readonly imageIds: Int32Array;
  readonly #to: PartitionsToWrite;
  readonly #open: OpenPartition[];
  #writing: Promise<void> = Promise.resolve();

  constructor(to: PartitionsToWrite) {
    const { partitions, topP } = to;
    this.#to = to;
    this.#open = partitions.map(({ partition, imageIds }) => ({
      partition,
      rows: emptyRows(imageIds, topP),
      filled: 0,
    }));
    this.imageIds = new Int32Array(partitions.reduce((sum, { imageIds }) => sum + imageIds.length, 0));
    let first = 0;
    for (const { imageIds } of partitions) {
      this.imageIds.set(imageIds, first);
      first += imageIds.length;
    }
  }

  /**
   * Takes the scores of the images that follow those of the previous call. A batch may extend into another partition.
   */
  take(scored: ScoredBatch): void {
    const { classes, probabilities } = scored;
    for (let taken = 0; taken < scored.count; ) {
      const open = at(this.#open, 0);
      const count = Math.min(scored.count - taken, open.rows.imageIds.length - open.filled);
      const own = probabilities.subarray(taken * classes, (taken + count) * classes);
      keep(open, { ...scored, count, probabilities: own }, this.#to.classIds);
      taken += count;
      if (open.filled === open.rows.imageIds.length) this.#write(at(this.#open.splice(0, 1), 0));
    }
  }

  /** Throws the error of a failed write. */
  async written(): Promise<void> {
    await this.#writing;
  }

  #write({ partition, rows }: OpenPartition): void {
    const { scores, runId } = this.#to;
    this.#writing = this.#writing.then(() => scores.writePartition(runId, partition, rows));
    // Whoever awaits the promise gets the failure; until then it must not count as an unhandled rejection.
    this.#writing.catch(() => {});
  }
}

function emptyRows(imageIds: Int32Array, topP: number): OpenPartition['rows'] {
  const length = imageIds.length * topP;
  return { imageIds, topP, classIds: new Int32Array(length), probabilities: new Float32Array(length) };
}

/** Scores refer to classes by catalogue id, so that they can be read without the run's own list. */
function keep(open: OpenPartition, scored: ScoredBatch, classIds: readonly number[]): void {
  const { rows, filled } = open;
  const best = topClasses(scored, rows.topP);
  rows.classIds.set(
    best.classIds.map((output) => at(classIds, output)),
    filled * rows.topP,
  );
  rows.probabilities.set(best.probabilities, filled * rows.topP);
  open.filled += scored.count;
}
