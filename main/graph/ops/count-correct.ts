import type { NoAttributes, OpDefinition } from '../op-definition.ts';
import { nth } from '../op-definition.ts';
import { dimension, ShapeMismatch } from '../program.ts';

/**
 * [logits [N, C], int32 class ids [N]] → the number of rows in which no logit is larger than that of their class, shape
 * [].
 */
export const countCorrect: OpDefinition<'countCorrect', NoAttributes> = {
  kind: 'countCorrect',
  infer(inputs) {
    const [logits, labels] = [nth(inputs, 0), nth(inputs, 1)];
    if (labels.shape.length !== 1 || dimension(labels.shape, 0) !== dimension(logits.shape, 0)) {
      throw new ShapeMismatch(`class ids [${labels.shape.join()}] for logits [${logits.shape.join()}]`);
    }
    return [{ shape: [], dtype: 'float32' }];
  },
};
