/** Shared by operations that repeat a smaller tensor along the leading axes of a larger one. */
import type { GraphBuilder } from '../graph-builder.ts';
import { elementCount, type Shape, ShapeMismatch, sameShape, type TensorType, type Value } from '../program.ts';
import { reshape } from './reshape.ts';
import { sumOverBatch } from './sum-over-batch.ts';

/** Throws `ShapeMismatch` unless `small` matches the trailing axes of `large`. */
export function requireTrailing(what: string, large: TensorType, small: TensorType): void {
  const end = large.shape.slice(large.shape.length - small.shape.length);
  if (small.shape.length > large.shape.length || !sameShape(end, small.shape)) {
    throw new ShapeMismatch(`${what} [${large.shape.join()}] and [${small.shape.join()}]`);
  }
}

/** The sum of a tensor over the axes preceding `shape`. */
export function sumToTrailing(graph: GraphBuilder, value: Value, shape: Shape): Value {
  if (sameShape(value.shape, shape)) return value;
  const repeats = elementCount(value.shape) / elementCount(shape);
  return graph.applyOne(sumOverBatch, [graph.applyOne(reshape, [value], { shape: [repeats, ...shape] })], {});
}
