/**
 * Where the time of a run goes on a card, kernel by kernel, beside the least time that known cards need for the same
 * launches. They are submitted one by one, so their sum is longer than a run's, which is one submission.
 */
import { at } from '../../at.ts';
import type { Program } from '../../graph/program.ts';
import { valueAt } from '../../value-at.ts';
import type { SessionOptions, Tensors } from '../engine.ts';
import { driverFile } from './driver-library.ts';
import { OpenCards } from './open-cards.ts';
import { costOf, type KernelCost } from './plan-cost.ts';
import { planProgram } from './plan-program.ts';
import { TILE_SEARCH, type TileSearch } from './tile-search.ts';
import { tunedSession } from './tuned-session.ts';

export interface KernelTime extends KernelCost {
  /** Of all its launches in one run: the mean over the timed runs. */
  readonly milliseconds: number;
}

const TIMED_RUNS = 3;

/** The slowest kernel first. Throws as the engine's `prepare` does. */
export async function profileKernels(
  program: Program,
  state: Tensors,
  inputs: Tensors,
  { device: { index }, precision = 'fp32' }: SessionOptions,
  driver = driverFile(),
  search: TileSearch = TILE_SEARCH,
): Promise<KernelTime[]> {
  const plan = planProgram(program, precision);
  const { card, leave } = new OpenCards(() => driver).enter(index);
  try {
    const session = await tunedSession(card, program, plan, state, search);
    try {
      // The inputs stay on the card.
      await session.run(inputs);
      const taken = new Map<string, number>();
      for (let run = 0; run < TIMED_RUNS; run++) {
        const times = session.timeLaunches();
        for (const [place, { kernel }] of session.plan.launches.entries()) {
          taken.set(kernel, (taken.get(kernel) ?? 0) + at(times, place) / TIMED_RUNS);
        }
      }
      return costOf(session.plan)
        .kernels.map((cost) => ({ ...cost, milliseconds: valueAt(taken, cost.kernel) }))
        .sort((a, b) => b.milliseconds - a.milliseconds);
    } finally {
      await session.dispose();
    }
  } finally {
    leave();
  }
}
