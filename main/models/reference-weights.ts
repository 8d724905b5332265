/**
 * Weights made by a formula that any language can rebuild, so that two implementations can be compared without a weight
 * file: u = lowbias32(FNV-1a(name) + index) as a number in [−1, 1), scaled by the kind of tensor.
 */
import { elementCount, type Shape } from '../graph/program.ts';
import { mix32 } from '../random.ts';
import { type NetworkConfig, parameterShapes } from './network.ts';

export function referenceWeights(config: NetworkConfig): Map<string, Float32Array> {
  return new Map(eachReferenceTensor(config));
}

/** One after the other, for whoever may not have the time for all. */
export function* eachReferenceTensor(config: NetworkConfig): Generator<[string, Float32Array]> {
  for (const [name, shape] of parameterShapes(config)) yield [name, referenceTensor(name, shape)];
}

/** Values in [−1, 1), row-major. */
export function referenceInput(shape: Shape): Float32Array {
  return formula('input', shape, (u) => u);
}

function referenceTensor(name: string, shape: Shape): Float32Array {
  const fanIn = elementCount(shape.slice(1));
  if (name.endsWith('.layer_scale') || name.endsWith('.gamma')) return formula(name, shape, (u) => 0.2 + 0.1 * u);
  if (name.endsWith('.running_var')) return formula(name, shape, (u) => 1 + 0.25 * (u + 1));
  if (!name.endsWith('weight')) return formula(name, shape, (u) => 0.1 * u);
  if (shape.length > 2) return formula(name, shape, (u) => u * Math.sqrt(6 / fanIn));
  if (shape.length === 2) return formula(name, shape, (u) => u / Math.sqrt(fanIn));
  return formula(name, shape, (u) => 1 + 0.1 * u);
}

function formula(name: string, shape: Shape, scale: (u: number) => number): Float32Array {
  const seed = fnv1a(name);
  const values = new Float32Array(elementCount(shape));
  for (let index = 0; index < values.length; index++) {
    values[index] = scale((mix32(seed + index) >>> 8) / 2 ** 23 - 1);
  }
  return values;
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}
