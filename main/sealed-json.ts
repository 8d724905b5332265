/**
 * JSON that carries its own checksum, as its last property. The checksum is of what the text says and of whose it is, so
 * that spaces do not matter, and another file's text in its place does not pass.
 */
import { z } from 'zod';
import { type Checksum, checksumOf } from './checksum.ts';

const objectSchema = z.looseObject({ checksum: z.string().optional() });

export type Unsealed =
  /** `proven`: false where no checksum is in it, as earlier versions wrote it. */
  | { readonly kind: 'read'; readonly value: Readonly<Record<string, unknown>>; readonly proven: boolean }
  | { readonly kind: 'damaged'; readonly damage: string };

export type SealedValue<Value> =
  | { readonly kind: 'read'; readonly value: Value; readonly proven: boolean }
  | { readonly kind: 'damaged'; readonly damage: string };

/** @param value an object that JSON can say; what is undefined is left out */
export function sealed(identity: string, value: object, indent?: number): string {
  // As it will be read: what JSON leaves out or writes otherwise is not in the checksum.
  const said: object = JSON.parse(JSON.stringify(value));
  return JSON.stringify({ ...said, checksum: checksumOfValue(identity, said) }, undefined, indent);
}

export function unsealed(identity: string, text: string): Unsealed {
  const found = parsed(text);
  if (!found) return { kind: 'damaged', damage: text.trim() === '' ? 'it is empty' : 'it is not what was written' };
  const { checksum, ...value } = found;
  if (checksum === undefined) return { kind: 'read', value, proven: false };
  if (checksum === checksumOfValue(identity, value)) return { kind: 'read', value, proven: true };
  return { kind: 'damaged', damage: 'its checksum is another' };
}

/**
 * What the text says by `schema`. Without a checksum it is what an earlier version wrote only where it has nothing but what
 * the schema names: a checksum whose name was damaged is none of that.
 */
export function readSealed<Shape extends z.ZodRawShape>(
  identity: string,
  text: string,
  schema: z.ZodObject<Shape>,
): SealedValue<z.infer<z.ZodObject<Shape>>> {
  const found = unsealed(identity, text);
  if (found.kind === 'damaged') return found;
  const read = (found.proven ? schema : schema.strict()).safeParse(found.value);
  if (!read.success) return { kind: 'damaged', damage: 'it is not what was written' };
  return { kind: 'read', value: read.data as z.infer<z.ZodObject<Shape>>, proven: found.proven };
}

function checksumOfValue(identity: string, value: object): Checksum {
  return checksumOf(identity, JSON.stringify(value));
}

function parsed(text: string): z.infer<typeof objectSchema> | undefined {
  try {
    return objectSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
