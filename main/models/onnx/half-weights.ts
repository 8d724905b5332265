/**
 * The same network with its weights in half precision: half the size on disk, computed in single precision as before,
 * since the runtime converts them once when it opens the file. Small tensors, and those that a half cannot represent,
 * are left unchanged.
 */
import { OnnxGraph } from '../../engines/onnxruntime/onnx-graph.ts';
import { fromHalf, toHalf } from '../../half.ts';
import { fieldOf, fieldsOf, type OnnxField, textIn } from './onnx-fields.ts';

/** Field numbers of onnx.proto3. */
const GRAPH_OF_MODEL = 7;
const GRAPH = { node: 1, initializer: 5, input: 11 } as const;
const TENSOR = { type: 2, name: 8, raw: 9 } as const;
const NAME_OF_VALUE = 1;
const FLOAT = 1;
const TYPE_FIELDS = {
  float32: Uint8Array.of((TENSOR.type << 3) | 0, 1),
  float16: Uint8Array.of((TENSOR.type << 3) | 0, 10),
};
/** A tensor with fewer bytes is not worth an extra node. */
const LEAST_BYTES = 1024;

/** Throws `OnnxUnreadable`; `path` is used in its message. */
export function withHalfWeights(path: string, file: Uint8Array): Uint8Array {
  const model = fieldsOf(path, file);
  const graph = model.filter(({ id }) => id === GRAPH_OF_MODEL).flatMap(({ content }) => fieldsOf(path, content));
  // Old files list weights among the inputs, with a name that they must keep.
  const inputs = new Set(
    graph.filter(({ id }) => id === GRAPH.input).map((one) => textIn(path, one.content, NAME_OF_VALUE)),
  );
  const casts = new OnnxGraph('understudy_half_');
  const fields = graph.map((field) => {
    const halved = field.id === GRAPH.initializer ? halfTensor(path, field.content, inputs) : undefined;
    if (!halved) return field.bytes;
    casts.named(halved.name, casts.node('Cast', [halved.storedAs], { to: FLOAT }));
    return fieldOf(GRAPH.initializer, halved.tensor);
  });
  const nodes = fieldsOf(path, casts.encode())
    .filter(({ id }) => id === GRAPH_OF_MODEL)
    .flatMap(({ content }) => fieldsOf(path, content))
    .filter(({ id }) => id === GRAPH.node)
    .map(({ bytes }) => bytes);
  const rest = model.filter(({ id }) => id !== GRAPH_OF_MODEL).map(({ bytes }) => bytes);
  return Buffer.concat([...rest, fieldOf(GRAPH_OF_MODEL, Buffer.concat([...nodes, ...fields]))]);
}

/** Undefined for a tensor that is left unchanged. */
function halfTensor(path: string, message: Uint8Array, inputs: ReadonlySet<string>) {
  const fields = fieldsOf(path, message);
  const raw = fields.find(({ id }) => id === TENSOR.raw)?.content ?? new Uint8Array();
  const type = fields.find(({ id }) => id === TENSOR.type)?.bytes ?? new Uint8Array();
  const name = textIn(path, message, TENSOR.name);
  if (raw.length < LEAST_BYTES || inputs.has(name) || !Buffer.from(type).equals(TYPE_FIELDS.float32)) return undefined;
  const values = new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.length));
  const halves = toHalf(values);
  if (!fromHalf(halves).every(Number.isFinite)) return undefined;
  const storedAs = `${name}_half`;
  const others = fields.filter(({ id }: OnnxField) => id !== TENSOR.raw && id !== TENSOR.name && id !== TENSOR.type);
  const tensor = Buffer.concat([
    ...others.map(({ bytes }) => bytes),
    TYPE_FIELDS.float16,
    fieldOf(TENSOR.name, new TextEncoder().encode(storedAs)),
    fieldOf(TENSOR.raw, new Uint8Array(halves.buffer)),
  ]);
  return { name, storedAs, tensor };
}
