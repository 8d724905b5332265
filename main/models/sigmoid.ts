/** Classes predicted independently: the loss of a training, and the probabilities of inference. */
import type { GraphBuilder } from '../graph/graph-builder.ts';
import { nth } from '../graph/op-definition.ts';
import { constant } from '../graph/ops/constant.ts';
import { concat, pad, split } from '../graph/ops/joining.ts';
import { multiply } from '../graph/ops/multiply.ts';
import { reshape } from '../graph/ops/reshape.ts';
import { softmax } from '../graph/ops/softmax.ts';
import { softmaxCrossEntropy } from '../graph/ops/softmax-cross-entropy.ts';
import { dimension, elementCount, type Value } from '../graph/program.ts';

/**
 * Binary cross-entropy with logits, summed over the classes of an image, averaged over images. A sigmoid is a softmax
 * over the logit and zero, so that engines need no additional operation, and large logits lose no precision.
 *
 * `logits` [batch, classes], `targets` [batch · classes, 2]: whether an image has the class, and whether it does not.
 * Returns a number [].
 */
export function sigmoidCrossEntropy(graph: GraphBuilder, logits: Value, targets: Value, labelSmoothing: number): Value {
  const [batch, classes] = [dimension(logits.shape, 0), dimension(logits.shape, 1)];
  const column = [batch * classes, 1];
  const is = graph.applyOne(reshape, [logits], { shape: column });
  const isNot = graph.applyOne(constant, [], { shape: column, value: 0 });
  const pairs = graph.applyOne(concat, [is, isNot], { axis: 1 });
  const mean = graph.applyOne(softmaxCrossEntropy, [pairs, targets], { labelSmoothing });
  return graph.applyOne(multiply, [mean, graph.applyOne(constant, [], { shape: [], value: classes })], {});
}

/**
 * [batch, classes] → the sigmoid of each: a softmax over each logit and a zero beside it; independent of the batch
 * size, so that an exported graph accepts any.
 */
export function sigmoids(graph: GraphBuilder, logits: Value): Value {
  const column = graph.applyOne(reshape, [logits], { shape: [elementCount(logits.shape), 1] });
  const pairs = graph.applyOne(softmax, [graph.applyOne(pad, [column], { axis: 1, before: 0, after: 1 })], {});
  const is = nth(graph.apply(split, [pairs], { axis: 1, sizes: [1, 1] }), 0);
  return graph.applyOne(reshape, [is], { shape: logits.shape });
}
