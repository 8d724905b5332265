import type { NoAttributes, OpDefinition } from '../op-definition.ts';
import { nth } from '../op-definition.ts';
import { dimension, ShapeMismatch } from '../program.ts';
import { matMul } from './mat-mul.ts';
import { sumOverBatch } from './sum-over-batch.ts';

/** [x [N, I], weight [O, I], bias [O]] → x · weightᵀ + bias, [N, O]. */
export const linear: OpDefinition<'linear', NoAttributes> = {
  kind: 'linear',
  infer(inputs) {
    const [x, weight] = [nth(inputs, 0).shape, nth(inputs, 1).shape];
    if (x.length !== 2 || x[1] !== weight[1]) throw new ShapeMismatch(`[${x.join()}] into [${weight.join()}]`);
    return [{ shape: [dimension(x, 0), dimension(weight, 0)], dtype: 'float32' }];
  },
  gradient({ graph, inputs, outputGradients, wanted }) {
    const [x, weight, dy] = [nth(inputs, 0), nth(inputs, 1), nth(outputGradients, 0)];
    return [
      wanted[0] ? graph.applyOne(matMul, [dy, weight], { transposeA: false, transposeB: false }) : undefined,
      wanted[1] ? graph.applyOne(matMul, [dy, x], { transposeA: true, transposeB: false }) : undefined,
      wanted[2] ? graph.applyOne(sumOverBatch, [dy], {}) : undefined,
    ];
  },
};
