/** Taking a vector apart, several tensors an order: as many as a kernel may surely bind beside its input. */

import { elementCount } from '../../../graph/program.ts';
import type { Lowering } from '../lowering.ts';

/** WebGPU guarantees eight buffers. */
const TENSORS_AT_ONCE = 7;

export const lowerUnpackOnDevice: Lowering<'unpack'> = (context, node) => {
  const { onnx } = context;
  const { shapes } = node.attributes;
  const names: string[] = [];
  let first = 0;
  for (let place = 0; place < shapes.length; place += TENSORS_AT_ONCE) {
    const some = shapes.slice(place, place + TENSORS_AT_ONCE);
    const lengths = some.map(elementCount);
    const end = first + lengths.reduce((sum, length) => sum + length, 0);
    const part = onnx.node('Slice', [
      context.input(node, 0),
      ...[[first], [end], [0]].map((bound) => onnx.integers(bound)),
    ]);
    first = end;
    const options = { outputs: some.length };
    const flat = some.length === 1 ? [part] : onnx.nodes('Split', [part, onnx.integers(lengths)], { axis: 0 }, options);
    names.push(...flat.map((name, index) => onnx.node('Reshape', [name, onnx.integers(some[index] ?? [])])));
  }
  return names;
};
