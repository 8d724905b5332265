/**
 * Convolution weights as the blocked convolution reads them: [O/b, I/b, kh, kw, b of I, b of O]; with fewer input
 * channels than a block (the stem), [O/b, I, kh, kw, b of O]. Training keeps weights and momenta in this layout between
 * steps.
 */
import type { ConvAttributes } from '../../../graph/ops/conv.ts';
import type { AnyNode, Program, Shape } from '../../../graph/program.ts';
import { elementCount } from '../../../graph/program.ts';
import type { StateLayout } from '../lowering.ts';

/**
 * A square 2-D convolution whose channels fill whole blocks, except that the input may have fewer channels than one
 * block.
 */
export function isBlockable(weightShape: Shape, attributes: ConvAttributes, block: number): boolean {
  const [outputs = 0, inputs = 0, kernelHeight, kernelWidth] = weightShape;
  const { strides, padding, dilations, groups } = attributes;
  return (
    weightShape.length === 4 &&
    groups === 1 &&
    kernelHeight === kernelWidth &&
    strides[0] === strides[1] &&
    padding[0] === padding[1] &&
    dilations.every((dilation) => dilation === 1) &&
    outputs % block === 0 &&
    (inputs % block === 0 || inputs < block)
  );
}

/** The ids of all values kept in the filter layout: weights, and what is updated together with them. */
export function filterValues(program: Program, block: number): Set<number> {
  const filters = new Set<number>();
  const mark = (...values: ({ readonly id: number } | undefined)[]) => {
    for (const value of values) if (value) filters.add(value.id);
  };
  for (const node of program.nodes as readonly AnyNode[]) {
    const [first, second, third, fourth, , , , eighth] = node.inputs;
    if (node.kind === 'conv' && second && isBlockable(second.shape, node.attributes, block)) mark(second);
    if (node.kind === 'sgdUpdate' && first && filters.has(first.id)) mark(third, ...node.outputs);
    if (node.kind === 'sgdAccumulate' && first && filters.has(first.id)) mark(third, fourth, ...node.outputs);
    if (node.kind === 'adamwUpdate' && first && filters.has(first.id)) mark(third, fourth, eighth, ...node.outputs);
    if (node.kind === 'exponentialAverage' && second && filters.has(second.id)) mark(first, ...node.outputs);
  }
  return filters;
}

/** For a weight [O, I, kh, kw]. */
export function filterLayout(shape: Shape, block: number): StateLayout {
  const places = filterPlaces(shape, block);
  return {
    toModel(data) {
      const laid = new Float32Array(data.length);
      places.forEach((place, index) => {
        laid[place] = data[index] as number;
      });
      return laid;
    },
    toHost: (data) => Float32Array.from(places, (place) => data[place] as number),
  };
}

/** The index in the filter layout of each row-major element. */
function filterPlaces(shape: Shape, block: number): Uint32Array {
  const [, inputs = 1, ...kernel] = shape;
  const area = elementCount(kernel);
  const inner = inputs < block ? 1 : block;
  return Uint32Array.from({ length: elementCount(shape) }, (_, index) => {
    const tap = index % area;
    const input = Math.floor(index / area) % inputs;
    const output = Math.floor(index / (area * inputs));
    const blockOfInput = Math.floor(output / block) * (inputs / inner) + Math.floor(input / inner);
    return ((blockOfInput * area + tap) * inner + (input % inner)) * block + (output % block);
  });
}
