/** Grouped 3-D convolutions, which the WebGPU provider does not support, as one plain convolution for each group. */
import { nth } from '../../../graph/op-definition.ts';
import type { ConvAttributes } from '../../../graph/ops/conv.ts';
import type { Node, Shape, Value } from '../../../graph/program.ts';
import { dimension } from '../../../graph/program.ts';
import type { Lowering, LoweringContext } from '../lowering.ts';

type ConvKind = 'conv' | 'convInputGradient';

/** The axis along which each input is split; the results are concatenated along the channels. */
const INPUT_AXES = [1, 0];
const CHANNELS = 1;
const SPATIAL_RANK = 3;

export function perGroup<Kind extends ConvKind>(lower: Lowering<Kind>): Lowering<Kind> {
  return (context, node) => {
    const attributes: ConvAttributes = node.attributes;
    const { groups } = attributes;
    if (groups === 1 || nth(node.inputs, 0).shape.length < 2 + SPATIAL_RANK) return lower(context, node);
    const results = Array.from({ length: groups }, (_, group) => {
      const inputs = node.inputs.map((input, index) => part(context, input, nth(INPUT_AXES, index), groups, group));
      const [name] = lower(context, { ...node, inputs, attributes: ofOneGroup(node) });
      return nth([name], 0);
    });
    return [context.onnx.node('Concat', results, { axis: CHANNELS })];
  };
}

let nextPartId = -1;

/** The `group`-th of `groups` equal parts of a value, as a value of its own. */
function part(context: LoweringContext, value: Value, axis: number, groups: number, group: number): Value {
  const { onnx } = context;
  const size = dimension(value.shape, axis) / groups;
  const bounds = { starts: [group * size], ends: [(group + 1) * size], axes: [axis] };
  const shape = value.shape.with(axis, size);
  const made: Value = { id: nextPartId--, shape, dtype: value.dtype };
  context.bind(made, onnx.slice(context.name(value), bounds));
  return made;
}

function ofOneGroup<Kind extends ConvKind>({ attributes }: Node<Kind>): Node<Kind>['attributes'] {
  const { groups, inputShape }: ConvAttributes & { readonly inputShape?: Shape } = attributes;
  const itsShape = inputShape && { inputShape: inputShape.with(CHANNELS, dimension(inputShape, CHANNELS) / groups) };
  return { ...attributes, groups: 1, ...itsShape };
}
