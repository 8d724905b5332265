/**
 * Joins graphs into one file: one before the network that prepares its input, one after it that processes its output.
 * The network's own nodes and weights stay byte for byte the same.
 */
import type { OnnxGraph } from '../../engines/onnxruntime/onnx-graph.ts';
import { neededFor } from './needed-nodes.ts';
import { fieldOf, fieldsOf, type OnnxField, textIn } from './onnx-fields.ts';

/** Field numbers of onnx.proto3. */
const MODEL = { graph: 7, metadata: 14 } as const;
const GRAPH = { node: 1, initializer: 5, input: 11, output: 12 } as const;
const NAME_OF_VALUE = 1;
const KEY = 1;
const VALUE = 2;

export interface Joined {
  /** Produces the network's input `input` from an input of its own. */
  readonly before?: { readonly graph: OnnxGraph; readonly input: string } | undefined;
  /** Produces the file's outputs from the network's tensor `tensor`; nodes that this does not need are dropped. */
  readonly after?: { readonly graph: OnnxGraph; readonly tensor: string } | undefined;
  /** Replaces the network's own metadata under the same keys. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Throws `OnnxUnreadable`; `path` is used in its message. */
export function joinedModel(path: string, file: Uint8Array, { before, after, metadata }: Joined): Uint8Array {
  const model = fieldsOf(path, file);
  const whole = graphFields(path, model);
  const graph = after ? neededFor(path, whole, after.tensor).fields : whole;
  const stays = ({ id, content }: { readonly id: number; readonly content: Uint8Array }) => {
    if (id === GRAPH.output) return after === undefined;
    return id !== GRAPH.input || before === undefined || textIn(path, content, NAME_OF_VALUE) !== before.input;
  };
  const joined = Buffer.concat([
    ...(before ? parts(path, before.graph, [GRAPH.node, GRAPH.initializer, GRAPH.input]) : []),
    ...graph.filter(stays).map(({ bytes }) => bytes),
    ...(after ? parts(path, after.graph, [GRAPH.node, GRAPH.initializer, GRAPH.output]) : []),
  ]);
  const kept = model.filter(
    ({ id, content }) =>
      id !== MODEL.graph && !(id === MODEL.metadata && metadata[textIn(path, content, KEY)] !== undefined),
  );
  const said = Object.entries(metadata).map(([key, value]) =>
    fieldOf(MODEL.metadata, Buffer.concat([fieldOf(KEY, utf8(key)), fieldOf(VALUE, utf8(value))])),
  );
  return Buffer.concat([...kept.map(({ bytes }) => bytes), fieldOf(MODEL.graph, joined), ...said]);
}

/** The names that remain in a file after dropping everything that `tensor` does not need. */
export function namesLeft(path: string, file: Uint8Array, tensor: string): ReadonlySet<string> {
  return neededFor(path, graphFields(path, fieldsOf(path, file)), tensor).names;
}

/** Protobuf merges repeated occurrences of one message. */
function graphFields(path: string, model: readonly OnnxField[]): OnnxField[] {
  return model.filter(({ id }) => id === MODEL.graph).flatMap(({ content }) => fieldsOf(path, content));
}

function parts(path: string, graph: OnnxGraph, wanted: readonly number[]): Uint8Array[] {
  const fields = graphFields(path, fieldsOf(path, graph.encode()));
  return fields.filter(({ id }) => wanted.includes(id)).map(({ bytes }) => bytes);
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
