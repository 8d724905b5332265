import type { OpDefinition } from '../op-definition.ts';
import { nth } from '../op-definition.ts';
import { dimension, ShapeMismatch } from '../program.ts';
import { convInputGradient } from './conv-input-gradient.ts';
import { convWeightGradient } from './conv-weight-gradient.ts';
import { slidingSizes } from './window.ts';

/** One number per spatial dimension (1, 2 or 3 of them); `padding` is added on both sides. */
export interface ConvAttributes {
  readonly strides: readonly number[];
  readonly padding: readonly number[];
  readonly dilations: readonly number[];
  readonly groups: number;
}

/** [x [N, Ci, ...spatial], weight [Co, Ci/groups, ...kernel]] → [N, Co, ...]: cross-correlation, no bias. */
export const conv: OpDefinition<'conv', ConvAttributes> = {
  kind: 'conv',
  infer(inputs, attributes) {
    const [x, weight] = [nth(inputs, 0).shape, nth(inputs, 1).shape];
    const spatial = x.slice(2);
    if (spatial.length < 1 || spatial.length > 3 || weight.length !== x.length) {
      throw new ShapeMismatch(`a convolution of [${x.join()}] by [${weight.join()}]`);
    }
    const [inChannels, outChannels] = [dimension(x, 1), dimension(weight, 0)];
    if (inChannels !== dimension(weight, 1) * attributes.groups || outChannels % attributes.groups !== 0) {
      throw new ShapeMismatch(`${inChannels} → ${outChannels} channels in ${attributes.groups} groups`);
    }
    const out = slidingSizes(spatial, { ...attributes, kernel: weight.slice(2) });
    return [{ shape: [dimension(x, 0), outChannels, ...out], dtype: 'float32' }];
  },
  gradient({ graph, inputs, attributes, outputGradients, wanted }) {
    const [x, weight, dy] = [nth(inputs, 0), nth(inputs, 1), nth(outputGradients, 0)];
    return [
      wanted[0] ? graph.applyOne(convInputGradient, [dy, weight], { ...attributes, inputShape: x.shape }) : undefined,
      wanted[1] ? graph.applyOne(convWeightGradient, [x, dy], { ...attributes, weightShape: weight.shape }) : undefined,
    ];
  },
};
