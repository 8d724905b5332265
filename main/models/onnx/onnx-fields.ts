/**
 * Protobuf messages as lists of their fields, so that some can be changed while all others stay byte for byte the same.
 */
import protobuf from 'protobufjs/light.js';
import { OnnxUnreadable } from './onnx-file.ts';

export interface OnnxField {
  readonly id: number;
  /** Including the tag. */
  readonly bytes: Uint8Array;
  /** The content of a message, text or list; empty for a single number. */
  readonly content: Uint8Array;
}

const LENGTH_DELIMITED = 2;

/** Throws `OnnxUnreadable`; `path` is used in its message. */
export function fieldsOf(path: string, message: Uint8Array): OnnxField[] {
  const reader = protobuf.Reader.create(message);
  const fields: OnnxField[] = [];
  try {
    while (reader.pos < reader.len) {
      const start = reader.pos;
      const tag = reader.uint32();
      const [id, kind] = [tag >>> 3, tag & 7];
      const content = kind === LENGTH_DELIMITED ? reader.bytes() : new Uint8Array();
      if (kind !== LENGTH_DELIMITED) reader.skipType(kind);
      fields.push({ id, bytes: message.subarray(start, reader.pos), content });
    }
    return fields;
  } catch (error) {
    throw new OnnxUnreadable(`${path} is not an ONNX model, or is cut short: give a whole .onnx file.`, {
      cause: error,
    });
  }
}

export function fieldOf(id: number, content: Uint8Array): Uint8Array {
  return protobuf.Writer.create()
    .uint32((id << 3) | LENGTH_DELIMITED)
    .bytes(content)
    .finish();
}

/** A text field of a small message: the name of an input, of a tensor. */
export function textIn(path: string, message: Uint8Array, id: number): string {
  const field = fieldsOf(path, message).find((one) => one.id === id);
  return new TextDecoder().decode(field?.content ?? new Uint8Array());
}
