/**
 * The structure of an ONNX file: nodes, inputs, outputs, the shapes of its weights, metadata. Weights are skipped
 * unread. Field numbers are those of onnx.proto3.
 */
import protobuf from 'protobufjs/light.js';
import { ExpectedFailure } from '../../failure.ts';

export class OnnxUnreadable extends ExpectedFailure {}

export interface OnnxNode {
  readonly opType: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

export interface OnnxStructure {
  readonly nodes: readonly OnnxNode[];
  /** Shapes, keyed by name. */
  readonly weights: ReadonlyMap<string, readonly number[]>;
  /** Without the weights, which old files list among the inputs. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly metadata: ReadonlyMap<string, string>;
  /** The version of the standard operator set. */
  readonly operatorSet: number;
}

const MOST_NODES = 200_000;

const schema = protobuf.Root.fromJSON({
  nested: {
    Node: {
      fields: {
        input: { rule: 'repeated', type: 'string', id: 1 },
        output: { rule: 'repeated', type: 'string', id: 2 },
        opType: { type: 'string', id: 4 },
      },
    },
    Weight: {
      fields: { dims: { rule: 'repeated', type: 'int64', id: 1 }, name: { type: 'string', id: 8 } },
    },
    Value: { fields: { name: { type: 'string', id: 1 } } },
    Graph: {
      fields: {
        node: { rule: 'repeated', type: 'Node', id: 1 },
        initializer: { rule: 'repeated', type: 'Weight', id: 5 },
        input: { rule: 'repeated', type: 'Value', id: 11 },
        output: { rule: 'repeated', type: 'Value', id: 12 },
      },
    },
    OperatorSet: { fields: { domain: { type: 'string', id: 1 }, version: { type: 'int64', id: 2 } } },
    Property: { fields: { key: { type: 'string', id: 1 }, value: { type: 'string', id: 2 } } },
    Model: {
      fields: {
        irVersion: { type: 'int64', id: 1 },
        graph: { type: 'Graph', id: 7 },
        opsetImport: { rule: 'repeated', type: 'OperatorSet', id: 8 },
        metadataProps: { rule: 'repeated', type: 'Property', id: 14 },
      },
    },
  },
});
const modelType = schema.lookupType('Model');

interface DecodedModel {
  readonly graph?: {
    readonly node?: readonly { readonly input?: string[]; readonly output?: string[]; readonly opType?: string }[];
    readonly initializer?: readonly { readonly dims?: (number | { toNumber(): number })[]; readonly name?: string }[];
    readonly input?: readonly { readonly name?: string }[];
    readonly output?: readonly { readonly name?: string }[];
  };
  readonly opsetImport?: readonly { readonly domain?: string; readonly version?: number | { toNumber(): number } }[];
  readonly metadataProps?: readonly { readonly key?: string; readonly value?: string }[];
}

/** Throws `OnnxUnreadable`; `path` is used in its message. */
export function readOnnxStructure(path: string, file: Uint8Array): OnnxStructure {
  const { graph, metadataProps = [], opsetImport = [] } = decoded(path, file);
  if (!graph?.node || graph.node.length === 0) throw unreadable(path, 'it contains no network');
  if (graph.node.length > MOST_NODES) throw unreadable(path, 'it has more operations than any network of images');
  const weights = new Map(
    (graph.initializer ?? []).map(({ name = '', dims = [] }) => [name, dims.map((size) => Number(size))]),
  );
  const named = (values: readonly { readonly name?: string }[] = []) => values.map(({ name = '' }) => name);
  return {
    nodes: graph.node.map(({ input = [], output = [], opType = '' }) => ({ opType, inputs: input, outputs: output })),
    weights,
    inputs: named(graph.input).filter((name) => !weights.has(name)),
    outputs: named(graph.output),
    operatorSet: Number(opsetImport.find(({ domain = '' }) => ['', 'ai.onnx'].includes(domain))?.version ?? 1),
    metadata: new Map(metadataProps.map(({ key = '', value = '' }) => [key, value])),
  };
}

function decoded(path: string, file: Uint8Array): DecodedModel {
  try {
    return modelType.decode(file) as DecodedModel;
  } catch {
    throw unreadable(path, 'it is not an ONNX model, or is cut short');
  }
}

function unreadable(path: string, why: string): OnnxUnreadable {
  return new OnnxUnreadable(`${path} is not a network that can be read: ${why}; give a whole .onnx file.`);
}

const GRAPH = 7;
const OUTPUT = 12;
const NAME = 1;
const LENGTH_DELIMITED = 2;

/**
 * The same model with additional tensors among its outputs. Protobuf merges two occurrences of one message, so that
 * nothing in the file has to be decoded and rewritten.
 */
export function withOutputs(file: Uint8Array, tensors: readonly string[]): Uint8Array {
  const outputs = tensors.map((name) => field(OUTPUT, field(NAME, new TextEncoder().encode(name))));
  return Buffer.concat([file, field(GRAPH, Buffer.concat(outputs))]);
}

function field(id: number, bytes: Uint8Array): Uint8Array {
  return protobuf.Writer.create()
    .uint32((id << 3) | LENGTH_DELIMITED)
    .bytes(bytes)
    .finish();
}
