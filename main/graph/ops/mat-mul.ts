import type { OpDefinition } from '../op-definition.ts';
import { nth } from '../op-definition.ts';
import type { Shape } from '../program.ts';
import { dimension, ShapeMismatch, sameShape } from '../program.ts';

export interface MatMulAttributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/**
 * [a, b], matrices in the last two axes, the same number in both, each transposed first if requested → their products.
 */
export const matMul: OpDefinition<'matMul', MatMulAttributes> = {
  kind: 'matMul',
  infer(inputs, { transposeA, transposeB }) {
    const a = oriented(nth(inputs, 0).shape, transposeA);
    const b = oriented(nth(inputs, 1).shape, transposeB);
    if (a.columns !== b.rows || !sameShape(a.batch, b.batch)) {
      const shown = [...inputs].map(({ shape }) => `[${shape.join()}]`);
      throw new ShapeMismatch(`${shown.join(' times ')}${transposeA || transposeB ? ', transposed where asked' : ''}`);
    }
    return [{ shape: [...a.batch, a.rows, b.columns], dtype: 'float32' }];
  },
  gradient({ graph, inputs, attributes: { transposeA, transposeB }, outputGradients, wanted }) {
    const [a, b, dy] = [nth(inputs, 0), nth(inputs, 1), nth(outputGradients, 0)];
    const product = (left: typeof a, right: typeof a, transposeLeft: boolean, transposeRight: boolean) =>
      graph.applyOne(matMul, [left, right], { transposeA: transposeLeft, transposeB: transposeRight });
    const da = () => (transposeA ? product(b, dy, transposeB, true) : product(dy, b, false, !transposeB));
    const db = () => (transposeB ? product(dy, a, true, transposeA) : product(a, dy, !transposeA, false));
    return [wanted[0] ? da() : undefined, wanted[1] ? db() : undefined];
  },
};

function oriented(shape: Shape, transpose: boolean): { batch: Shape; rows: number; columns: number } {
  if (shape.length < 2) throw new ShapeMismatch(`[${shape.join()}] is not a matrix`);
  const [rows, columns] = [dimension(shape, shape.length - 2), dimension(shape, shape.length - 1)];
  const batch = shape.slice(0, -2);
  return transpose ? { batch, rows: columns, columns: rows } : { batch, rows, columns };
}
