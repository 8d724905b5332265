/** Concatenating, splitting and padding along an axis: in one file, because the gradient of each uses the others. */
import type { OpDefinition } from '../op-definition.ts';
import { nth } from '../op-definition.ts';
import { dimension, ShapeMismatch, sameShape } from '../program.ts';
import { add } from './add.ts';

interface AxisAttributes {
  readonly axis: number;
}

/** [tensors that differ in one axis only] → concatenated along it. */
export const concat: OpDefinition<'concat', AxisAttributes> = {
  kind: 'concat',
  infer(inputs, { axis }) {
    const { shape } = nth(inputs, 0);
    const others = (of: readonly number[]) => of.toSpliced(axis, 1);
    for (const input of inputs) {
      if (!sameShape(others(input.shape), others(shape))) {
        throw new ShapeMismatch(`[${input.shape.join()}] behind [${shape.join()}] along axis ${axis}`);
      }
    }
    const size = inputs.reduce((sum, input) => sum + dimension(input.shape, axis), 0);
    return [{ shape: shape.with(axis, size), dtype: 'float32' }];
  },
  gradient: ({ graph, inputs, attributes: { axis }, outputGradients }) => {
    const sizes = inputs.map(({ shape }) => dimension(shape, axis));
    return graph.apply(split, [nth(outputGradients, 0)], { axis, sizes });
  },
};

interface SplitAttributes {
  readonly axis: number;
  readonly sizes: readonly number[];
}

/** [x] → consecutive parts of these sizes along the axis. */
export const split: OpDefinition<'split', SplitAttributes> = {
  kind: 'split',
  infer(inputs, { axis, sizes }) {
    const { shape } = nth(inputs, 0);
    if (sizes.reduce((sum, size) => sum + size, 0) !== dimension(shape, axis)) {
      throw new ShapeMismatch(`[${shape.join()}] split into ${sizes.join()} along axis ${axis}`);
    }
    return sizes.map((size) => ({ shape: shape.with(axis, size), dtype: 'float32' as const }));
  },
  gradient({ graph, inputs, attributes: { axis, sizes }, outputGradients }) {
    const known = outputGradients.filter((gradient) => gradient !== undefined);
    if (known.length === sizes.length) return [graph.applyOne(concat, known, { axis })];
    // A part that does not affect the loss has a gradient of zero.
    const whole = dimension(nth(inputs, 0).shape, axis);
    let before = 0;
    const padded = sizes.flatMap((size, part) => {
      const gradient = outputGradients[part];
      const attributes = { axis, before, after: whole - before - size };
      before += size;
      return gradient ? [graph.applyOne(pad, [gradient], attributes)] : [];
    });
    return [padded.reduce((sum, one) => graph.applyOne(add, [sum, one], {}))];
  },
};

interface PadAttributes {
  readonly axis: number;
  readonly before: number;
  readonly after: number;
}

/** [x] → x with zeros before and behind it along the axis. */
export const pad: OpDefinition<'pad', PadAttributes> = {
  kind: 'pad',
  infer(inputs, { axis, before, after }) {
    const { shape } = nth(inputs, 0);
    return [{ shape: shape.with(axis, before + dimension(shape, axis) + after), dtype: 'float32' }];
  },
  gradient({ graph, inputs, attributes: { axis, before, after }, outputGradients }) {
    const sizes = [before, dimension(nth(inputs, 0).shape, axis), after];
    const parts = graph.apply(split, [nth(outputGradients, 0)], { axis, sizes: sizes.filter((size) => size > 0) });
    return [nth(parts, before > 0 ? 1 : 0)];
  },
};
