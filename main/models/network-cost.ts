/** The cost of a network before it runs, from the shapes of its tensors: multiply-adds, and bytes of memory. */
import { at } from '../at.ts';
import { type AnyNode, elementCount } from '../graph/program.ts';
import { sampleLength } from '../sample-shape.ts';
import { type NetworkConfig, shownShape } from './network.ts';
import { inferenceProgram } from './programs.ts';

const FLOAT_BYTES = 4;
/** Weights, momenta, and the second set of buffers that a step writes to. */
const STATE_COPIES = 4;
/** The forward pass, and the gradients of weights and inputs. */
const PASSES = { train: 3, predict: 1 } as const;

export type Pass = keyof typeof PASSES;
export const passes = Object.keys(PASSES) as [Pass, ...Pass[]];

export interface SizedNetwork {
  readonly network: NetworkConfig;
  readonly imageSizePx: number;
}

/** Per image. */
export function multiplyAdds({ network, imageSizePx }: SizedNetwork, pass: Pass): number {
  const { nodes } = inferenceProgram({ network, batch: 1, imageSizePx });
  return PASSES[pass] * nodes.reduce((sum, node) => sum + productsOf(node), 0);
}

function productsOf({ kind, inputs, outputs, attributes }: AnyNode): number {
  if (kind !== 'conv' && kind !== 'linear' && kind !== 'matMul') return 0;
  const [first, second] = [at(inputs, 0).shape, at(inputs, 1).shape];
  const summed =
    kind === 'matMul' ? at(first, first.length - (attributes.transposeA ? 2 : 1)) : elementCount(second.slice(1));
  return elementCount(at(outputs, 0).shape) * summed;
}

export interface TensorBytes {
  readonly weights: number;
  /** Of everything that is in memory at once. */
  readonly all: number;
}

/** `batch`: images in one run of the program. */
export function tensorBytes({ network, imageSizePx }: SizedNetwork, batch: number, pass: Pass): TensorBytes {
  const program = inferenceProgram({ network, batch, imageSizePx });
  const weights = FLOAT_BYTES * program.state.reduce((sum, { value }) => sum + elementCount(value.shape), 0);
  const outputs = program.nodes.flatMap((node) => node.outputs.map(({ shape }) => FLOAT_BYTES * elementCount(shape)));
  const pixels = FLOAT_BYTES * batch * sampleLength(shownShape(network, imageSizePx));
  // Training keeps every output for the backward pass, and its gradient; a prediction keeps about two at a time.
  if (pass === 'predict') return { weights, all: weights + pixels + 2 * Math.max(...outputs) };
  return { weights, all: STATE_COPIES * weights + pixels + 2 * outputs.reduce((sum, bytes) => sum + bytes, 0) };
}
