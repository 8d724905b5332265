/**
 * NVIDIA cards through their driver alone: no toolkit, no compiler, nothing to install. A program becomes a plan of launches of
 * kernels that were compiled ahead (`kernels/`), which the driver compiles for the card at hand.
 *
 * Not among the devices yet (`engines.ts`): it has run on a stand-in for the driver and on no card. See README.md here.
 */
import type { Engine, Precision } from '../engine.ts';
import type { Card } from './card.ts';
import { CudaSession } from './cuda-session.ts';
import { planProgram } from './plan-program.ts';

/** What makes sessions on this card, whose driver has the kernels ready. */
export function cudaEngine(card: Card, precision: Precision): Pick<Engine, 'prepare'> {
  return {
    async prepare(program, state) {
      return new CudaSession(card, program, planProgram(program, precision), state);
    },
  };
}
