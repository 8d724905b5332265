import type { OpDefinition } from '../op-definition.ts';
import { nth } from '../op-definition.ts';
import type { Shape } from '../program.ts';
import { dimension, ShapeMismatch } from '../program.ts';

export interface MatMulAttributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** [a, b], two matrices, each transposed first where asked → their product. */
export const matMul: OpDefinition<'matMul', MatMulAttributes> = {
  kind: 'matMul',
  infer(inputs, { transposeA, transposeB }) {
    const a = oriented(nth(inputs, 0).shape, transposeA);
    const b = oriented(nth(inputs, 1).shape, transposeB);
    if (a[1] !== b[0]) throw new ShapeMismatch(`[${a.join()}] times [${b.join()}]`);
    return [{ shape: [a[0], b[1]], dtype: 'float32' }];
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

function oriented(shape: Shape, transpose: boolean): [number, number] {
  if (shape.length !== 2) throw new ShapeMismatch(`[${shape.join()}] is not a matrix`);
  const [rows, columns] = [dimension(shape, 0), dimension(shape, 1)];
  return transpose ? [columns, rows] : [rows, columns];
}
