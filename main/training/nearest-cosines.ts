/** For unit vectors, the cosine with the nearest of a set of others: matrix products on an engine, batch by batch. */
import type { Engine, ProgramSession, SessionOptions } from '../engines/engine.ts';
import { valueAt } from '../value-at.ts';
import { linearProgram } from './head-answers.ts';

/** Rows that are compared with the centres at once. */
const COMPARED_AT_ONCE = 1024;

/** Below any cosine. */
const NONE = -2;

export class NearestCosines {
  readonly #session: ProgramSession;
  readonly #batch: number;
  readonly #dimension: number;
  readonly #known: number;

  private constructor(session: ProgramSession, batch: number, dimension: number, known: number) {
    this.#session = session;
    this.#batch = batch;
    this.#dimension = dimension;
    this.#known = known;
  }

  /**
   * @param centres [known, dimension], at least one
   * @param most the largest number of rows per query
   */
  static async open(
    centres: Float32Array,
    dimension: number,
    most: number,
    engine: Engine,
    target: SessionOptions,
  ): Promise<NearestCosines> {
    const known = centres.length / dimension;
    const batch = Math.max(1, Math.min(COMPARED_AT_ONCE, most));
    const state = new Map([
      ['weight', centres],
      ['bias', new Float32Array(known)],
    ]);
    const program = linearProgram({ batch, dimension, rows: known });
    return new NearestCosines(await engine.prepare(program, state, target), batch, dimension, known);
  }

  /**
   * @param rows [count, dimension]
   * @param areCentres whether they are the centres themselves, each of which is then not compared with itself
   */
  async of(rows: Float32Array, areCentres = false): Promise<Float32Array> {
    const [count, known] = [rows.length / this.#dimension, this.#known];
    const nearest = new Float32Array(count).fill(NONE);
    const features = new Float32Array(this.#batch * this.#dimension);
    for (let first = 0; first < count; first += this.#batch) {
      const own = rows.subarray(first * this.#dimension, (first + this.#batch) * this.#dimension);
      features.set(own);
      const cosines = valueAt(await this.#session.run(new Map([['features', features]])), 'answers');
      for (let row = 0; row < own.length / this.#dimension; row++) {
        let most = NONE;
        for (let centre = 0; centre < known; centre++) {
          if (areCentres && centre === first + row) continue;
          most = Math.max(most, cosines[row * known + centre] as number);
        }
        nearest[first + row] = most;
      }
    }
    return nearest;
  }

  async close(): Promise<void> {
    await this.#session.dispose();
  }
}
