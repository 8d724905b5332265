/**
 * Stochastic depth (Huang et al., 2016; timm calls it drop path): in training, what a block adds to what it is given is left
 * out of some images at random, the more often the deeper the block, and made larger for the others, so that the sum is as
 * large on the whole. What is left out is drawn by whoever trains; a network that answers leaves nothing out.
 */
import { at } from '../at.ts';
import type { GraphBuilder } from '../graph/graph-builder.ts';
import { nth } from '../graph/op-definition.ts';
import { dropout } from '../graph/ops/dropout.ts';
import { split } from '../graph/ops/joining.ts';
import { reshape } from '../graph/ops/reshape.ts';
import { dimension, type Value } from '../graph/program.ts';

/** @param branches of each residual branch, in their order, the block that it belongs to, counted from 0 */
export interface StochasticDepth {
  readonly branches: readonly number[];
  /** Of the last block; the first one is always whole, and the rate grows evenly between them. */
  readonly rate: number;
  /** [batch, branches], uniform in [0, 1): an image does without a branch where its number is below the branch's rate. */
  readonly noise: Value;
}

/** So many consecutive blocks, each with so many branches. */
export function branchesOf(blocks: number, inEach = 1): number[] {
  return Array.from({ length: blocks * inEach }, (_, branch) => Math.floor(branch / inEach));
}

export function branchRates({ branches, rate }: Pick<StochasticDepth, 'branches' | 'rate'>): number[] {
  const last = Math.max(1, ...branches);
  return branches.map((block) => (rate * block) / last);
}

/** What becomes of each branch, asked for in their order: its outcome as it is added to the image. */
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
    // Frames of a clip, which are images of their own here, go together.
    const images = dimension(branch.shape, 0);
    const shape = images === batch ? branch.shape : [batch, images / batch, ...branch.shape.slice(1)];
    const as = (value: Value, wanted: readonly number[]) =>
      images === batch ? value : graph.applyOne(reshape, [value], { shape: wanted });
    return as(graph.applyOne(dropout, [as(branch, shape), noise], { rate }), branch.shape);
  };
}
