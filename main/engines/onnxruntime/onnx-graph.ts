/**
 * Builds an ONNX model node by node, and encodes it. Only the messages needed for a model of standard operators are
 * described here; field numbers are those of onnx.proto3 (IR version 9, operator set 20).
 */
import protobuf from 'protobufjs/light.js';
import { at } from '../../at.ts';
import type { DType, Shape } from '../../graph/program.ts';
import { elementCount } from '../../graph/program.ts';
import type { StoredTensor } from '../engine.ts';

const IR_VERSION = 9;
const OPERATOR_SET = 20;
const DATA_TYPE = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  float16: 10,
  float64: 11,
  bfloat16: 16,
} as const;
const STORED_TYPE = { F64: 'float64', F32: 'float32', F16: 'float16', BF16: 'bfloat16' } as const;
const STORED_BYTES = { F64: 8, F32: 4, F16: 2, BF16: 2 } as const;
const EXTERNAL = 1;
const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, floats: 6, ints: 7 } as const;

const schema = protobuf.Root.fromJSON({
  nested: {
    Attribute: {
      fields: {
        name: { type: 'string', id: 1 },
        f: { type: 'float', id: 2 },
        i: { type: 'int64', id: 3 },
        s: { type: 'bytes', id: 4 },
        floats: { rule: 'repeated', type: 'float', id: 7 },
        ints: { rule: 'repeated', type: 'int64', id: 8 },
        type: { type: 'int32', id: 20 },
      },
    },
    Node: {
      fields: {
        input: { rule: 'repeated', type: 'string', id: 1 },
        output: { rule: 'repeated', type: 'string', id: 2 },
        name: { type: 'string', id: 3 },
        opType: { type: 'string', id: 4 },
        attribute: { rule: 'repeated', type: 'Attribute', id: 5 },
        domain: { type: 'string', id: 7 },
      },
    },
    Tensor: {
      fields: {
        dims: { rule: 'repeated', type: 'int64', id: 1 },
        dataType: { type: 'int32', id: 2 },
        name: { type: 'string', id: 8 },
        rawData: { type: 'bytes', id: 9 },
        externalData: { rule: 'repeated', type: 'Property', id: 13 },
        dataLocation: { type: 'int32', id: 14 },
      },
    },
    Dimension: { fields: { dimValue: { type: 'int64', id: 1 }, dimParam: { type: 'string', id: 2 } } },
    TensorShape: { fields: { dim: { rule: 'repeated', type: 'Dimension', id: 1 } } },
    TensorTypeInfo: { fields: { elemType: { type: 'int32', id: 1 }, shape: { type: 'TensorShape', id: 2 } } },
    TypeInfo: { fields: { tensorType: { type: 'TensorTypeInfo', id: 1 } } },
    ValueInfo: { fields: { name: { type: 'string', id: 1 }, type: { type: 'TypeInfo', id: 2 } } },
    Graph: {
      fields: {
        node: { rule: 'repeated', type: 'Node', id: 1 },
        name: { type: 'string', id: 2 },
        initializer: { rule: 'repeated', type: 'Tensor', id: 5 },
        input: { rule: 'repeated', type: 'ValueInfo', id: 11 },
        output: { rule: 'repeated', type: 'ValueInfo', id: 12 },
      },
    },
    OperatorSet: { fields: { domain: { type: 'string', id: 1 }, version: { type: 'int64', id: 2 } } },
    Property: { fields: { key: { type: 'string', id: 1 }, value: { type: 'string', id: 2 } } },
    Model: {
      fields: {
        irVersion: { type: 'int64', id: 1 },
        producerName: { type: 'string', id: 2 },
        graph: { type: 'Graph', id: 7 },
        opsetImport: { rule: 'repeated', type: 'OperatorSet', id: 8 },
        metadataProps: { rule: 'repeated', type: 'Property', id: 14 },
      },
    },
  },
});
const modelType = schema.lookupType('Model');

export type OnnxAttribute =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly floats: readonly number[] };
export type OnnxAttributes = Readonly<Record<string, OnnxAttribute>>;

export interface OnnxNodeOptions {
  readonly outputs?: number;
  /** The domain of operators outside the standard set. */
  readonly domain?: string;
}

/** One number per axis of `axes`. */
export interface SliceBounds {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly axes: readonly number[];
  readonly steps?: readonly number[];
}

/** Types in which networks take pictures, besides those that programs compute with. */
type InputType = DType | 'uint8' | 'int8' | 'float16';

/** For a model's inputs and outputs: a name stands for a size that is known when the model runs. */
export type OpenShape = readonly (number | string)[];

type Numbers = Float32Array | Int32Array | BigInt64Array | Int8Array | Uint8Array;

export class OnnxGraph {
  readonly #nodes: object[] = [];
  readonly #initializers: object[] = [];
  readonly #inputs: object[] = [];
  readonly #outputs: object[] = [];
  readonly #domains = new Set<string>();
  readonly #constants = new Map<string, string>();
  readonly #properties: object[] = [];
  readonly #prefix: string;
  #counter = 0;

  /** @param prefix of generated names, for a graph that is joined to another */
  constructor(prefix = '') {
    this.#prefix = prefix;
  }

  input(name: string, shape: OpenShape, dtype: InputType): string {
    this.#inputs.push(valueInfo(name, shape, dtype));
    return name;
  }

  output(name: string, shape: OpenShape, dtype: DType): void {
    this.#outputs.push(valueInfo(name, shape, dtype));
  }

  /** A float32 output whose shape the runtime infers. */
  outputOfUnknownShape(name: string): void {
    this.#outputs.push({ name, type: { tensorType: { elemType: DATA_TYPE.float32 } } });
  }

  /** Adds a node; returns the names of its outputs. */
  nodes(opType: string, inputs: readonly string[], attributes: OnnxAttributes, options: OnnxNodeOptions): string[] {
    const id = this.#counter++;
    const output = Array.from({ length: options.outputs ?? 1 }, (_, index) => `${this.#prefix}n${id}_${index}`);
    const attribute = Object.entries(attributes).map(([name, value]) => ({ name, ...attributeValue(value) }));
    const domain = options.domain ?? '';
    if (domain) this.#domains.add(domain);
    this.#nodes.push({ input: inputs, output, name: `${this.#prefix}${opType}_${id}`, opType, attribute, domain });
    return output;
  }

  /** Adds a node with one output; returns its name. */
  node(opType: string, inputs: readonly string[], attributes: OnnxAttributes = {}, domain = ''): string {
    return at(this.nodes(opType, inputs, attributes, { domain }), 0);
  }

  /** From `starts` up to `ends` along `axes`, which are numbered from 0. */
  slice(tensor: string, { starts, ends, axes, steps }: SliceBounds): string {
    const bounds = [starts, ends, axes, ...(steps ? [steps] : [])];
    return this.node('Slice', [tensor, ...bounds.map((bound) => this.integers(bound))]);
  }

  /** The same tensor under a human-readable name. */
  named(name: string, from: string): string {
    this.#nodes.push({ input: [from], output: [name], name: `Identity_${name}`, opType: 'Identity' });
    return name;
  }

  /** Adds a metadata property to the model. */
  describe(key: string, value: string): void {
    this.#properties.push({ key, value });
  }

  /** A constant list of integers (shapes, axes, starts). */
  integers(values: readonly number[]): string {
    return this.#shared(`i:${values.join()}`, () =>
      this.#initializer([values.length], 'int64', BigInt64Array.from(values, BigInt)),
    );
  }

  /** A constant number, shape []. */
  scalar(value: number): string {
    return this.#shared(`f:${value}`, () => this.#initializer([], 'float32', Float32Array.of(value)));
  }

  /** A constant integer from 0 to 255, shape []. */
  byte(value: number): string {
    return this.#shared(`u8:${value}`, () => this.#initializer([], 'uint8', Uint8Array.of(value)));
  }

  /** A constant tensor. */
  tensor(shape: Shape, data: Exclude<Numbers, BigInt64Array>): string {
    if (data.length !== elementCount(shape)) throw new Error(`${data.length} numbers for [${shape.join()}]`);
    if (data instanceof Float32Array) return this.#initializer(shape, 'float32', data);
    if (data instanceof Int32Array) return this.#initializer(shape, 'int32', data);
    return this.#initializer(shape, data instanceof Uint8Array ? 'uint8' : 'int8', data);
  }

  /** A constant float32 tensor that the runtime takes from the file `fileName` in a folder given to the session. */
  storedTensor(shape: Shape, fileName: string, { type, from }: StoredTensor): string {
    const name = `${this.#prefix}c${this.#counter++}`;
    const dataType = DATA_TYPE[STORED_TYPE[type]];
    const length = elementCount(shape) * STORED_BYTES[type];
    const place = { location: fileName, offset: String(from), length: String(length) };
    const externalData = Object.entries(place).map(([key, value]) => ({ key, value }));
    this.#initializers.push({ name, dims: shape, dataType, dataLocation: EXTERNAL, externalData });
    return type === 'F32' ? name : this.node('Cast', [name], { to: DATA_TYPE.float32 });
  }

  /** A constant tensor that is shared by all requests with the same key. */
  sharedTensor(key: string, shape: Shape, make: () => Float32Array | Int32Array): string {
    return this.#shared(`t:${key}`, () => this.tensor(shape, make()));
  }

  encode(): Uint8Array {
    const opsetImport = [
      { domain: '', version: OPERATOR_SET },
      ...[...this.#domains].map((domain) => ({ domain, version: 1 })),
    ];
    const graph = {
      name: 'program',
      node: this.#nodes,
      initializer: this.#initializers,
      input: this.#inputs,
      output: this.#outputs,
    };
    const metadataProps = this.#properties;
    return modelType
      .encode({ irVersion: IR_VERSION, producerName: 'understudy', graph, opsetImport, metadataProps })
      .finish();
  }

  #shared(key: string, make: () => string): string {
    const known = this.#constants.get(key);
    if (known) return known;
    const made = make();
    this.#constants.set(key, made);
    return made;
  }

  #initializer(shape: Shape, dtype: keyof typeof DATA_TYPE, data: Numbers): string {
    const name = `${this.#prefix}c${this.#counter++}`;
    const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.#initializers.push({ name, dims: shape, dataType: DATA_TYPE[dtype], rawData });
    return name;
  }
}

function valueInfo(name: string, shape: OpenShape, dtype: InputType): object {
  const dim = shape.map((size) => (typeof size === 'string' ? { dimParam: size } : { dimValue: size }));
  return { name, type: { tensorType: { elemType: DATA_TYPE[dtype], shape: { dim } } } };
}

function attributeValue(value: OnnxAttribute): object {
  if (typeof value === 'string') return { type: ATTRIBUTE_TYPE.string, s: new TextEncoder().encode(value) };
  if (typeof value === 'number') return { type: ATTRIBUTE_TYPE.int, i: value };
  if ('floats' in value) return { type: ATTRIBUTE_TYPE.floats, floats: value.floats };
  if ('float' in value) return { type: ATTRIBUTE_TYPE.float, f: value.float };
  return { type: ATTRIBUTE_TYPE.ints, ints: value };
}
