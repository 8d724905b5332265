/** The part of a network that produces one of its tensors: this drops a network's classifier when it is replaced. */
import { fieldsOf, type OnnxField } from './onnx-fields.ts';

/** Field numbers of onnx.proto3. */
const GRAPH = { node: 1, initializer: 5 } as const;
const NODE = { input: 1, output: 2, opType: 4 } as const;
const TENSOR_NAME = 8;
/** Their sub-graphs use tensors of the outer graph that are not among their inputs. */
const WITH_GRAPHS = new Set(['If', 'Loop', 'Scan']);

export interface NeededGraph {
  readonly fields: readonly OnnxField[];
  /** The names of the tensors that it produces or contains. */
  readonly names: ReadonlySet<string>;
}

/** @param graph a graph's fields; those that `tensor` does not need are dropped */
export function neededFor(path: string, graph: readonly OnnxField[], tensor: string): NeededGraph {
  const nodes = graph.filter(({ id }) => id === GRAPH.node).map((field) => ({ field, ...nodeOf(path, field) }));
  const opaque = nodes.some(({ opType }) => WITH_GRAPHS.has(opType));
  const needed = new Set([tensor]);
  const kept = new Set<OnnxField>();
  // Nodes are in topological order.
  for (const { field, inputs, outputs } of nodes.toReversed()) {
    if (!opaque && !outputs.some((name) => needed.has(name))) continue;
    kept.add(field);
    for (const name of [...inputs, ...outputs]) needed.add(name);
  }
  const stays = (field: OnnxField) => {
    if (field.id === GRAPH.node) return kept.has(field);
    return opaque || field.id !== GRAPH.initializer || needed.has(textOf(path, field, TENSOR_NAME));
  };
  return { fields: graph.filter(stays), names: needed };
}

function nodeOf(path: string, { content }: OnnxField) {
  const fields = fieldsOf(path, content);
  const texts = (wanted: number) => fields.filter(({ id }) => id === wanted).map((one) => utf8(one.content));
  const [opType = ''] = texts(NODE.opType);
  return { opType, inputs: texts(NODE.input), outputs: texts(NODE.output) };
}

function textOf(path: string, { content }: OnnxField, id: number): string {
  return utf8(fieldsOf(path, content).find((one) => one.id === id)?.content ?? new Uint8Array());
}

const utf8 = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
