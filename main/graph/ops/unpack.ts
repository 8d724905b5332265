import type { OpDefinition } from '../op-definition.ts';
import { nth } from '../op-definition.ts';
import { elementCount, type Shape, ShapeMismatch } from '../program.ts';

/** [packed [P]] → the tensors of these shapes whose elements it contains consecutively. */
export const unpack: OpDefinition<'unpack', { readonly shapes: readonly Shape[] }> = {
  kind: 'unpack',
  infer(inputs, { shapes }) {
    const packed = elementCount(nth(inputs, 0).shape);
    const wanted = shapes.reduce((sum, shape) => sum + elementCount(shape), 0);
    if (packed !== wanted) throw new ShapeMismatch(`${packed} elements unpacked to ${wanted}`);
    return shapes.map((shape) => ({ shape, dtype: 'float32' as const }));
  },
};
