/** A session whose convolutions use the tiles that are fastest on its card: those it remembers, or finds now. */
import type { Program } from '../../graph/program.ts';
import type { Tensors } from '../engine.ts';
import type { Card } from './card.ts';
import { CudaSession } from './cuda-session.ts';
import { cardWithKernels } from './kernels.ts';
import type { Plan } from './plan.ts';
import { KeptTiles, type TileSearch } from './tile-search.ts';
import { fittingTiles } from './tiles.ts';

/** Throws `OutOfMemory` if the plan does not fit on the card. */
export async function tunedSession(
  card: Card,
  program: Program,
  plan: Plan,
  state: Tensors,
  search: TileSearch,
): Promise<CudaSession> {
  const kept = await KeptTiles.read(cardWithKernels(card.facts));
  const session = new CudaSession(card, program, plan, state, (launches, time) => {
    const fitting = fittingTiles(launches, card.facts.sharedBytesABlock);
    kept.search(fitting, time, search);
    return kept.chosen(fitting);
  });
  await kept.write();
  return session;
}
