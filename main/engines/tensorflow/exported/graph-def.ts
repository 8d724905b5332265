/**
 * A TensorFlow GraphDef as TensorFlow.js reads it from model.json: named nodes, and weights stored separately in the
 * order of the binary files. Names and attributes are those of TensorFlow's operators (tfjs-converter, op_list/).
 */
import { elementCount, type Shape } from '../../../graph/program.ts';

type NumberType = 'float32' | 'int32';

interface Attribute {
  readonly s?: string;
  readonly b?: boolean;
  readonly f?: number;
  readonly type?: string;
  readonly shape?: { readonly dim: readonly { readonly size: string }[] };
  readonly list?: { readonly i: readonly string[] };
}

interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly input: readonly string[];
  readonly attr: Readonly<Record<string, Attribute>>;
}

export interface GraphWeight {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: NumberType;
  readonly data: Float32Array | Int32Array;
}

/** An input or output of a signature; −1 in its shape stands for any size. */
interface Named {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: NumberType;
}

const TYPES = { float32: 'DT_FLOAT', int32: 'DT_INT32' } as const;

export const text = (value: string): Attribute => ({ s: Buffer.from(value).toString('base64') });
export const flag = (value: boolean): Attribute => ({ b: value });
export const number = (value: number): Attribute => ({ f: value });
export const integers = (values: readonly number[]): Attribute => ({ list: { i: values.map(String) } });
const type = (dtype: NumberType): Attribute => ({ type: TYPES[dtype] });
const sizes = (shape: Shape) => ({ dim: shape.map((size) => ({ size: String(size) })) });

export class GraphDef {
  readonly #nodes: GraphNode[] = [];
  readonly #inputs: Named[] = [];
  readonly #outputs: Named[] = [];
  readonly #weights = new Map<string, GraphWeight>();
  #count = 0;

  get weights(): readonly GraphWeight[] {
    return [...this.#weights.values()];
  }

  /** Returns the name of the node, which also denotes its first output. */
  node(op: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string {
    const name = `${op}_${this.#count++}`;
    this.#nodes.push({ name, op, input: inputs, attr: attributes });
    return name;
  }

  input(name: string, shape: Shape, dtype: NumberType): string {
    this.#nodes.push({
      name,
      op: 'Placeholder',
      input: [],
      attr: { dtype: type(dtype), shape: { shape: sizes(shape) } },
    });
    this.#inputs.push({ name, shape, dtype });
    return name;
  }

  output(name: string, made: string, shape: Shape): void {
    this.#nodes.push({ name, op: 'Identity', input: [made], attr: { T: type('float32') } });
    this.#outputs.push({ name, shape, dtype: 'float32' });
  }

  /** The same name always denotes the same numbers, which are stored once. */
  weight(name: string, shape: Shape, data: Float32Array | Int32Array): string {
    const known = this.#weights.has(name);
    if (data.length !== elementCount(shape))
      throw new Error(`${name} has ${data.length} numbers, not [${shape.join()}]`);
    if (known) return name;
    const dtype = data instanceof Int32Array ? 'int32' : 'float32';
    this.#weights.set(name, { name, shape, dtype, data });
    this.#nodes.push({ name, op: 'Const', input: [], attr: { dtype: type(dtype) } });
    return name;
  }

  /** For an operator that takes integers as a tensor. */
  integers(values: readonly number[]): string {
    return this.weight(`integers_${values.join('_').replaceAll('-', 'm')}`, [values.length], Int32Array.from(values));
  }

  integer(value: number): string {
    return this.weight(`integer_${value}`.replaceAll('-', 'm'), [], Int32Array.of(value));
  }

  scalar(value: number): string {
    return this.weight(`scalar_${value}`.replaceAll('-', 'm').replaceAll('+', 'p'), [], Float32Array.of(value));
  }

  /** In the format of model.json. */
  topology() {
    return { node: this.#nodes, versions: { producer: 1395 }, library: {} };
  }

  signature() {
    const named = (all: readonly Named[]) =>
      Object.fromEntries(
        all.map(({ name, shape, dtype }) => [
          name,
          { name: `${name}:0`, dtype: TYPES[dtype], tensorShape: sizes(shape) },
        ]),
      );
    return { inputs: named(this.#inputs), outputs: named(this.#outputs) };
  }
}
