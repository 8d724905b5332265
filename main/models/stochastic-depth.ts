/**
 * Stochastic depth (Huang et al., 2016; timm calls it drop path): in training, a block's contribution to its input is
 * dropped for some images at random, more often the deeper the block is, and scaled up for the others, so that its
 * expected value is unchanged. The random numbers come from the training; inference drops nothing.
 */
import { at } from '../at.ts';
import type { GraphBuilder } from '../graph/graph-builder.ts';
import { nth } from '../graph/op-definition.ts';
import { dropout } from '../graph/ops/dropout.ts';
import { split } from '../graph/ops/joining.ts';
import { reshape } from '../graph/ops/reshape.ts';
import { dimension, type Value } from '../graph/program.ts';

/** @param branches for each residual branch, in order, the index of its block, from 0 */
export interface StochasticDepth {
  readonly branches: readonly number[];
  /** The rate of the last block; the first one is never dropped, and the rate grows linearly between them. */
  readonly rate: number;
  /** [batch, branches], uniform in [0, 1): an image drops a branch if its number is below the branch's rate. */
  readonly noise: Value;
}

/** Consecutive blocks with the same number of branches each. */
export function branchesOf(blocks: number, inEach = 1): number[] {
  return Array.from({ length: blocks * inEach }, (_, branch) => Math.floor(branch / inEach));
}

export function branchRates({ branches, rate }: Pick<StochasticDepth, 'branches' | 'rate'>): number[] {
  const last = Math.max(1, ...branches);
  return branches.map((block) => (rate * block) / last);
}

/** Applies stochastic depth to the branches, which must be passed in order. */
export function branchKeeper(graph: GraphBuilder, depth: StochasticDepth | undefined): (branch: Value) => Value {
  if (!depth) return (branch) => branch;
  const rates = branchRates(depth);
  const batch = dimension(depth.noise.shape, 0);
  const columns = graph.apply(split, [depth.noise], { axis: 1, sizes: rates.map(() => 1) });
  const noises = columns.map((column) => graph.applyOne(reshape, [column], { shape: [batch] }));
  let asked = 0;
  return (branch) => {
    const [rate, noise] = [at(rates, asked), nth(noises, asked)];
    asked += 1;
    if (rate === 0) return branch;
    // Frames of a clip, which are separate images here, are dropped together.
    const images = dimension(branch.shape, 0);
    const shape = images === batch ? branch.shape : [batch, images / batch, ...branch.shape.slice(1)];
    const as = (value: Value, wanted: readonly number[]) =>
      images === batch ? value : graph.applyOne(reshape, [value], { shape: wanted });
    return as(graph.applyOne(dropout, [as(branch, shape), noise], { rate }), branch.shape);
  };
}
