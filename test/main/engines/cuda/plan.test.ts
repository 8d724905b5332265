import { describe, expect, it } from 'vitest';
import { at } from '../../../../main/at.ts';
import { planLine, planText } from '../../../../main/bench/print-plan.ts';
import { type Lifetime, layOut, rounded } from '../../../../main/engines/cuda/memory.ts';
import { costOf } from '../../../../main/engines/cuda/plan-cost.ts';
import { planProgram } from '../../../../main/engines/cuda/plan-program.ts';
import { GraphBuilder } from '../../../../main/graph/graph-builder.ts';
import { batchNormInference } from '../../../../main/graph/ops/batch-norm-inference.ts';
import { conv } from '../../../../main/graph/ops/conv.ts';
import { relu } from '../../../../main/graph/ops/relu.ts';
import { CounterRandom } from '../../../../main/random.ts';

describe('the arena', () => {
  it('never gives one place to two pieces that live at once, and is no larger than all of them', () => {
    for (let draw = 0; draw < 15; draw++) {
      const random = new CounterRandom(3, draw);
      const pieces = Array.from({ length: 40 }, (): Lifetime => {
        const first = random.integer(60);
        return { bytes: 1 + random.integer(5000), first, last: first + random.integer(15) };
      });
      const { offsets, bytes } = layOut(pieces);
      for (const [index, piece] of pieces.entries()) {
        for (const [other, another] of pieces.slice(0, index).entries()) {
          if (another.first > piece.last || another.last < piece.first) continue;
          const [begin, otherBegin] = [at(offsets, index), at(offsets, other)];
          const apart = begin >= otherBegin + another.bytes || otherBegin >= begin + piece.bytes;
          expect(apart, `${index} and ${other} of draw ${draw}`).toBe(true);
        }
      }
      const busiest = Math.max(
        ...Array.from({ length: 75 }, (_, time) =>
          pieces
            .filter(({ first, last }) => first <= time && time <= last)
            .reduce((sum, piece) => sum + rounded(piece.bytes), 0),
        ),
      );
      expect(bytes).toBeGreaterThanOrEqual(busiest);
      expect(bytes).toBeLessThanOrEqual(1.5 * busiest);
    }
  });
});

describe('what a plan costs', () => {
  it('counts the operands of a convolution once, and its products', () => {
    const graph = new GraphBuilder();
    const attributes = { strides: [1, 1], padding: [0, 0], dilations: [1, 1], groups: 1 };
    const [x, weight] = [graph.input('x', [2, 8, 4, 4]), graph.input('weight', [16, 8, 1, 1])];
    graph.output('y', graph.applyOne(conv, [x, weight], attributes));
    const { kernels, multiplyAdds } = costOf(planProgram(graph.build(), 'bf16'));
    const product = kernels.find(({ kernel }) => kernel === 'plane_conv_128x64_3');
    expect(multiplyAdds).toBe(2 * 16 * 16 * 8);
    expect(product?.bytes).toBe(2 * (2 * 16 * 8 + 16 * 8 + 2 * 16 * 16));
  });

  it('is told of a whole step, with the least time on two cards', () => {
    const line = planLine('train:small-basic:32:8', 'bf16');
    const text = planText(line);
    expect(text).toContain(`train:small-basic:32:8 in bf16: ${line.launches} launches`);
    expect(text).toMatch(/no faster on an H100 SXM than [\d.]+ ms/);
    expect(text).toMatch(/no faster on an RTX 4090 than [\d.]+ ms/);
    expect(line.arenaBytes).toBeLessThan(line.memoryBytes);
    // One launch for all weights, one for all statistics.
    const launchesOf = (kernel: string) => line.kernels.find((one) => one.kernel === kernel)?.launches;
    expect(launchesOf('sgd_update')).toBe(1);
    expect(launchesOf('exponential_average')).toBe(1);
    expect(launchesOf('pack_weights')).toBe(1);
    // Every ReLU is fused into the batch norm before it, every sum of gradients into the convolution that produces one
    // of them.
    expect(launchesOf('relu_bf16')).toBeUndefined();
    expect(launchesOf('add_bf16')).toBeUndefined();
    // Convolutions compute the sums of the batch norms behind them.
    expect(launchesOf('moments_bf16')).toBeUndefined();
  });

  it('fuses nothing that somebody else reads', () => {
    const launchesOf = (read: boolean) => {
      const graph = new GraphBuilder();
      const x = graph.input('x', [2, 8, 4, 4]);
      const vectors = ['scale', 'bias', 'mean', 'variance'].map((name) => graph.input(name, [8]));
      const y = graph.applyOne(batchNormInference, [x, ...vectors], { epsilon: 1e-5 });
      graph.output('z', graph.applyOne(relu, [y], {}));
      if (read) graph.output('y', y);
      return planProgram(graph.build(), 'bf16').launches.map(({ kernel }) => kernel);
    };
    expect(launchesOf(false)).not.toContain('relu_bf16');
    expect(launchesOf(true)).toContain('relu_bf16');
  });
});
