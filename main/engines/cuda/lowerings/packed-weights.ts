/**
 * The weights of convolutions as the factors that tensor cores multiply, in the order in which they are read: those that
 * a step updates in one launch at its beginning, others where they are needed.
 */
import type { Value } from '../../../graph/program.ts';
import type { Memory } from '../memory.ts';
import { memory, type PlanBuilder, THREADS, type WeightPack } from '../plan.ts';
import { pair, piecesOf } from './tables.ts';

/** The weights of a product, and the only values they depend on. */
export interface Weights {
  readonly memory: Memory;
  readonly from: readonly Value[];
}

/** @returns where the factors lie when a launch that is planned from now on reads them */
export function packed(plan: PlanBuilder, by: Weights, shape: WeightPack['shape']): Memory {
  return plan.following(by.from, () => {
    const pack = { shape, weight: by.memory, packed: plan.halves(shape.count) };
    const [value] = by.from;
    const isThere = value && plan.isState(value) && plan.holds(value).logical === by.memory;
    if (isThere && !plan.isSettled(value)) plan.packs.push(pack);
    else plan.launch(...packing(plan, [pack]));
    return pack.packed;
  });
}

/** All that was put off: before every other launch, when the state is still as the last step left it. */
export function packAtBeginning(plan: PlanBuilder): void {
  if (plan.packs.length > 0) plan.launchFirst(...packing(plan, plan.packs));
}

function packing(plan: PlanBuilder, packs: readonly WeightPack[]): Parameters<PlanBuilder['launch']> {
  const words = packs.flatMap(({ weight, packed: to, shape }) => [
    ...[weight, to, pair(shape.filters, shape.channels), pair(shape.taps, shape.groups)],
    ...[pair(shape.span, Number(shape.turned)), pair(shape.count, 0)],
  ]);
  const pieces = packs.flatMap(({ shape: { count } }, index) => piecesOf(index, count));
  const tables = [memory(plan.table(words)), memory(plan.table(pieces))];
  return ['pack_weights', [pieces.length], THREADS, tables];
}
