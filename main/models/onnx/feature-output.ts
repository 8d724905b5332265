/**
 * Finds the tensor of a network that describes a picture best: the input of its classifier. Derived from the operations
 * alone, so that a network exported as a classifier can be used as an extractor just like one exported without its
 * head.
 */
import { at } from '../../at.ts';
import type { OnnxNode, OnnxStructure } from './onnx-file.ts';

export interface FeatureChoice {
  readonly tensor: string;
  /** Why this one, for the user who may choose another. */
  readonly reason: 'as asked' | 'named as an embedding' | 'what the classifier sees' | 'the only output';
  /** The output with the class scores; undefined if there is none. */
  readonly logits: string | undefined;
}

const EMBEDDING_NAME = /embed|feature|pooler|pooled|last_hidden_state|representation/i;

/** Operations between a classifier and the network's output. */
const AFTER_CLASSIFIER = new Set([
  ...[
    'Add',
    'BiasAdd',
    'Cast',
    'Clip',
    'Flatten',
    'Identity',
    'LogSoftmax',
    'Reshape',
    'Sigmoid',
    'Softmax',
    'Squeeze',
  ],
  ...['DequantizeLinear', 'QuantizeLinear'],
]);
const CLASSIFIERS = new Set(['Conv', 'FusedGemm', 'Gemm', 'MatMul']);
/** Operations between a classifier's weights and their use. */
const OF_WEIGHTS = new Set(['Cast', 'Constant', 'DequantizeLinear', 'Identity', 'Transpose']);

/** Undefined if nothing can be guessed: the user is asked. */
export function guessFeatures(structure: OnnxStructure): FeatureChoice | undefined {
  const producers = new Map(structure.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  const embedding = structure.outputs.find((name) => EMBEDDING_NAME.test(name));
  const classifier = structure.outputs
    .filter((name) => name !== embedding)
    .map((name) => ({ name, seen: seenByClassifier(structure, producers, name) }))
    .find(({ seen }) => seen !== undefined);
  if (embedding !== undefined) {
    return { tensor: embedding, reason: 'named as an embedding', logits: classifier?.name };
  }
  if (classifier?.seen !== undefined) {
    return { tensor: classifier.seen, reason: 'what the classifier sees', logits: classifier.name };
  }
  if (structure.outputs.length !== 1) return undefined;
  return { tensor: at(structure.outputs, 0), reason: 'the only output', logits: undefined };
}

/** The input of the last product with weights on the path to `output`. */
function seenByClassifier(
  structure: OnnxStructure,
  producers: ReadonlyMap<string, OnnxNode>,
  output: string,
): string | undefined {
  const areWeights = (name: string): boolean => {
    if (structure.weights.has(name)) return true;
    const producer = producers.get(name);
    if (!producer || !OF_WEIGHTS.has(producer.opType)) return false;
    return producer.inputs.every((input) => input === '' || areWeights(input));
  };
  let name = output;
  for (const _ of structure.nodes) {
    const node = producers.get(name);
    if (!node) return undefined;
    const [data, ...others] = node.inputs.filter((input) => !areWeights(input));
    if (data === undefined || others.length > 0) return undefined;
    if (CLASSIFIERS.has(node.opType)) return data;
    if (!AFTER_CLASSIFIER.has(node.opType)) return undefined;
    name = data;
  }
  return undefined;
}
