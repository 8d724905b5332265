/**
 * Adds an output to an exported network of ours: `distance` [batch], how far a picture is from those that the network
 * has learnt from. It is computed from the output `features`; everything else in the file stays as it is.
 */
import { OnnxGraph } from '../../engines/onnxruntime/onnx-graph.ts';
import type { FeatureGaussian } from '../feature-gaussian.ts';
import { fieldOf, fieldsOf } from './onnx-fields.ts';

/** Field numbers of onnx.proto3. */
const GRAPH_OF_MODEL = 7;
const ADDED = new Set([1, 5, 12]);
/** Avoids a division by zero for a zero vector. */
const LEAST_LENGTH = 1e-12;

/** Throws `OnnxUnreadable`; `path` is used in its message. */
export function withDistance(path: string, file: Uint8Array, gaussian: FeatureGaussian): Uint8Array {
  const { dimension, whitening, centre } = gaussian;
  const graph = new OnnxGraph('understudy_distance_');
  const ones = graph.tensor([dimension, 1], new Float32Array(dimension).fill(1));
  const lengthOf = (rows: string) =>
    graph.node('Sqrt', [graph.node('MatMul', [graph.node('Mul', [rows, rows]), ones])]);
  const length = graph.node('Max', [lengthOf('features'), graph.scalar(LEAST_LENGTH)]);
  const rows = graph.node('Div', ['features', length]);
  const away = centre.map((value) => -value);
  const apart = graph.node(
    'Gemm',
    [rows, graph.tensor([dimension, dimension], whitening), graph.tensor([dimension], away)],
    { transB: 1 },
  );
  const flat = graph.node('Reshape', [lengthOf(apart), graph.integers([-1])]);
  graph.output(graph.named('distance', flat), ['batch'], 'float32');
  // Protobuf merges repeated occurrences of one message.
  const fields = fieldsOf(path, graph.encode())
    .filter(({ id }) => id === GRAPH_OF_MODEL)
    .flatMap(({ content }) => fieldsOf(path, content));
  const added = fields.filter(({ id }) => ADDED.has(id)).map(({ bytes }) => bytes);
  return Buffer.concat([file, fieldOf(GRAPH_OF_MODEL, Buffer.concat(added))]);
}
