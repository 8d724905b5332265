/** The part after a network in an exported file: from its outputs to class probabilities. */
import { at } from '../../at.ts';
import { OnnxGraph } from '../../engines/onnxruntime/onnx-graph.ts';
import type { FeatureHead, Layer, NearestFeatureHead } from '../feature-head.ts';
import type { Extractor, Pooling } from './feature-extractor.ts';

const FLOAT = 1;
/** Avoids a division by zero for a zero vector. */
const LEAST_LENGTH = 1e-12;

/** Its output is `name` [batch, classes]. Uses operations with the same meaning in all operator sets from 11 on. */
export function headGraph({ tensor, pooling }: Extractor, head: FeatureHead, name: string): OnnxGraph {
  const graph = new OnnxGraph('understudy_after_');
  const features = POOL[pooling](graph, graph.node('Cast', [tensor], { to: FLOAT }));
  const probabilities = answers(graph, features, head);
  graph.output(graph.named(name, probabilities), ['batch', head.classNames.length], 'float32');
  return graph;
}

const POOL: Readonly<Record<Pooling, (graph: OnnxGraph, tensor: string) => string>> = {
  none: (graph, tensor) => graph.node('Flatten', [tensor], { axis: 1 }),
  firstToken: (graph, tensor) => {
    const first = graph.node('Gather', [tensor, graph.integers([0])], { axis: 1 });
    return graph.node('Flatten', [first], { axis: 1 });
  },
  meanOfTokens: (graph, tensor) => meanOfPlaces(graph, graph.node('Transpose', [tensor], { perm: [0, 2, 1] })),
  meanOfPlaces,
};

function meanOfPlaces(graph: OnnxGraph, tensor: string): string {
  return graph.node('Flatten', [graph.node('GlobalAveragePool', [tensor])], { axis: 1 });
}

function answers(graph: OnnxGraph, features: string, head: FeatureHead): string {
  const classes = head.classNames.length;
  if (head.kind === 'linear') return graph.node('Softmax', [layer(graph, features, head)], { axis: 1 });
  if (head.kind === 'mlp') {
    const units = graph.node('Relu', [layer(graph, features, head.hidden)]);
    return graph.node('Softmax', [layer(graph, units, head)], { axis: 1 });
  }
  if (head.kind === 'mapped') {
    const shares = head.given === 'logits' ? graph.node('Softmax', [features], { axis: 1 }) : features;
    return graph.node('MatMul', [shares, graph.tensor([head.dimension, classes], oneHot(head.meaning, classes))]);
  }
  return nearest(graph, features, head);
}

function layer(graph: OnnxGraph, x: string, { weight, bias }: Layer): string {
  const outputs = bias.length;
  const rows = graph.tensor([outputs, weight.length / outputs], weight);
  return graph.node('Gemm', [x, rows, graph.tensor([outputs], bias)], { transB: 1 });
}

function nearest(graph: OnnxGraph, features: string, head: NearestFeatureHead): string {
  const { known, labels, dimension, neighbours, temperature, classNames } = head;
  const classes = classNames.length;
  const squares = graph.node('Mul', [features, features]);
  const sums = graph.node('MatMul', [squares, graph.tensor([dimension, 1], new Float32Array(dimension).fill(1))]);
  const lengths = graph.node('Max', [graph.node('Sqrt', [sums]), graph.scalar(LEAST_LENGTH)]);
  const rows = graph.node('Div', [features, lengths]);
  const nothing = graph.tensor([labels.length], new Float32Array(labels.length));
  const table = graph.tensor([labels.length, dimension], known);
  const cosines = graph.node('Gemm', [rows, table, nothing], { transB: 1 });
  const [best = '', places = ''] = graph.nodes(
    'TopK',
    [cosines, graph.integers([Math.min(neighbours, labels.length)])],
    { axis: 1 },
    { outputs: 2 },
  );
  // The softmax of the cosines divided by the temperature gives each neighbour's share of the vote.
  const votes = graph.node('Softmax', [graph.node('Div', [best, graph.scalar(temperature)])], { axis: 1 });
  const ofClasses = graph.node('Gather', [graph.tensor([labels.length, classes], oneHot(labels, classes)), places], {
    axis: 0,
  });
  const apart = graph.node('Reshape', [votes, graph.integers([0, 1, -1])]);
  return graph.node('Flatten', [graph.node('MatMul', [apart, ofClasses])], { axis: 1 });
}

/** [values, classes]; a row of zeros for anything that is not a class. */
function oneHot(values: Float32Array, classes: number): Float32Array {
  const table = new Float32Array(values.length * classes);
  for (let row = 0; row < values.length; row++) {
    const value = at(values, row);
    if (value >= 0) table[row * classes + value] = 1;
  }
  return table;
}
