import type { NoAttributes, OpDefinition } from '../op-definition.ts';
import { nth } from '../op-definition.ts';
import { ShapeMismatch, sameShape } from '../program.ts';

/** [a, b] of one shape → a + b. */
export const add: OpDefinition<'add', NoAttributes> = {
  kind: 'add',
  infer(inputs) {
    const [a, b] = [nth(inputs, 0), nth(inputs, 1)];
    if (!sameShape(a.shape, b.shape)) throw new ShapeMismatch(`add [${a.shape.join()}] and [${b.shape.join()}]`);
    return [a];
  },
  gradient: ({ outputGradients }) => [outputGradients[0], outputGradients[0]],
};
