import type { OpDefinition } from '../op-definition.ts';
import { nth } from '../op-definition.ts';
import type { CrossEntropyAttributes } from './softmax-cross-entropy.ts';

/** [dLoss [], logits [N, C], targets] → dLoss · (softmax(logits) − smoothed targets) / N. */
export const softmaxCrossEntropyGradient: OpDefinition<'softmaxCrossEntropyGradient', CrossEntropyAttributes> = {
  kind: 'softmaxCrossEntropyGradient',
  infer: (inputs) => [nth(inputs, 1)],
};
