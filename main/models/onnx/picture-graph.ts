/** The part before a network in an exported file: converts ordinary pictures to the network's input. */
import { at } from '../../at.ts';
import type { ForeignInput } from '../../engines/onnxruntime/foreign-session.ts';
import { OnnxGraph } from '../../engines/onnxruntime/onnx-graph.ts';
import type { Preprocessing } from './preprocessing.ts';

const FLOAT = 1;
const DATA_TYPE = { float32: 1, float16: 10, uint8: 2, int8: 3 } as const;
/** Quantising converters shift the range: −128 is black. */
const INT8_BLACK = 128;

/** Its input is `images`, uint8 [batch, size, size, 3]: RGB, already cropped and of the network's size. */
export function pictureGraph(
  { name, layout, numbers, batch }: Pick<ForeignInput, 'name' | 'layout' | 'numbers' | 'batch'>,
  { sizePx, mean, deviation }: Pick<Preprocessing, 'sizePx' | 'mean' | 'deviation'>,
  input: string,
): OnnxGraph {
  const graph = new OnnxGraph('understudy_before_');
  const pixels = graph.input(input, [batch ?? 'batch', sizePx, sizePx, 3], 'uint8');
  const values = made(graph, pixels, numbers, { mean, deviation });
  const ordered = layout === 'channelsLast' ? values : graph.node('Transpose', [values], { perm: [0, 3, 1, 2] });
  graph.named(name, ordered);
  return graph;
}

function made(
  graph: OnnxGraph,
  pixels: string,
  numbers: ForeignInput['numbers'],
  { mean, deviation }: Pick<Preprocessing, 'mean' | 'deviation'>,
): string {
  if (numbers === 'uint8') return pixels;
  const levels = graph.node('Cast', [pixels], { to: FLOAT });
  if (numbers === 'int8') {
    const shifted = graph.node('Sub', [levels, graph.scalar(INT8_BLACK)]);
    return graph.node('Cast', [shifted], { to: DATA_TYPE.int8 });
  }
  const scale = graph.tensor(
    [3],
    Float32Array.from(deviation, (value) => 1 / (255 * value)),
  );
  const shift = graph.tensor(
    [3],
    Float32Array.from(mean, (value, channel) => -value / at(deviation, channel)),
  );
  const normal = graph.node('Add', [graph.node('Mul', [levels, scale]), shift]);
  return numbers === 'float16' ? graph.node('Cast', [normal], { to: DATA_TYPE.float16 }) : normal;
}
