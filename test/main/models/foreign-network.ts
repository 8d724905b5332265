/** Small ONNX networks, built for tests, with every way in which networks take pictures. */
import { OnnxGraph } from '../../../main/engines/onnxruntime/onnx-graph.ts';

export interface ForeignNetwork {
  readonly layout: 'channelsFirst' | 'channelsLast';
  readonly numbers: 'float32' | 'float16' | 'uint8' | 'int8';
  readonly sizePx: number | 'side';
  readonly batch: number | 'batch';
  readonly output: 'logits' | 'probabilities';
  readonly notes?: Readonly<Record<string, string>>;
}

/**
 * Classifies pictures by the mean of each channel: the class is the brightest channel, of “red, crimson”, “green” and
 * “blue”.
 */
export function channelNetwork({ layout, numbers, sizePx, batch, output, notes = {} }: ForeignNetwork): Uint8Array {
  const graph = new OnnxGraph();
  const shape = layout === 'channelsFirst' ? [batch, 3, sizePx, sizePx] : [batch, sizePx, sizePx, 3];
  const given = graph.input('picture', shape, numbers);
  const cast = graph.node('Cast', [given], { to: 1 });
  const shifted = numbers === 'int8' ? graph.node('Add', [cast, graph.scalar(128)]) : cast;
  const whole = numbers === 'uint8' || numbers === 'int8';
  const levels = whole ? graph.node('Div', [shifted, graph.scalar(255)]) : shifted;
  const first = layout === 'channelsFirst' ? levels : graph.node('Transpose', [levels], { perm: [0, 3, 1, 2] });
  const means = graph.node('Flatten', [graph.node('GlobalAveragePool', [first])], { axis: 1 });
  const weight = Float32Array.of(20, 0, 0, 0, 20, 0, 0, 0, 20);
  const logits = graph.node('Gemm', [means, graph.tensor([3, 3], weight), graph.tensor([3], new Float32Array(3))]);
  const answers = output === 'logits' ? logits : graph.node('Softmax', [logits], { axis: 1 });
  graph.output(graph.named(output, answers), [batch, 3], 'float32');
  for (const [key, value] of Object.entries(notes)) graph.describe(key, value);
  return graph.encode();
}
