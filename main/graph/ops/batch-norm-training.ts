import type { OpDefinition } from '../op-definition.ts';
import { nth } from '../op-definition.ts';
import { dimension } from '../program.ts';
import { batchNormTrainingGradient } from './batch-norm-training-gradient.ts';

/** `epsilon` is added to the variance before its root (Ioffe and Szegedy, 2015). */
export interface BatchNormAttributes {
  readonly epsilon: number;
}

/** [x [N, C, ...], scale [C], bias [C]] → [y, the batch's mean [C], its biased variance [C]]. */
export const batchNormTraining: OpDefinition<'batchNormTraining', BatchNormAttributes> = {
  kind: 'batchNormTraining',
  infer(inputs) {
    const x = nth(inputs, 0);
    const perChannel = { shape: [dimension(x.shape, 1)], dtype: 'float32' } as const;
    return [x, perChannel, perChannel];
  },
  gradient({ graph, inputs, outputs, attributes, outputGradients }) {
    // The batch statistics only feed running averages, through which no gradient flows.
    const [x, scale] = [nth(inputs, 0), nth(inputs, 1)];
    const statistics = [nth(outputs, 1), nth(outputs, 2)];
    return graph.apply(batchNormTrainingGradient, [nth(outputGradients, 0), x, scale, ...statistics], attributes);
  },
};
