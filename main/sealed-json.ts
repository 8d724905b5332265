/**
 * JSON that carries its own checksum as its last property. The checksum covers the parsed values and the identity of
 * the file, so that whitespace does not matter and another file's text in its place does not pass.
 */
import { z } from 'zod';
import { type Checksum, checksumOf } from './checksum.ts';

const objectSchema = z.looseObject({ checksum: z.string().optional() });

export type Unsealed =
  /** `proven` is false for text without a checksum, as earlier versions wrote it. */
  | { readonly kind: 'read'; readonly value: Readonly<Record<string, unknown>>; readonly proven: boolean }
  | { readonly kind: 'damaged'; readonly damage: string };

export type SealedValue<Value> =
  | { readonly kind: 'read'; readonly value: Value; readonly proven: boolean }
  | { readonly kind: 'damaged'; readonly damage: string };

/** @param value an object that JSON can represent; undefined properties are left out */
export function sealed(identity: string, value: object, indent?: number): string {
  // The value as it will be read back: anything JSON drops or converts must not enter the checksum.
  const said: object = JSON.parse(JSON.stringify(value));
  return JSON.stringify({ ...said, checksum: checksumOfValue(identity, said) }, undefined, indent);
}

export function unsealed(identity: string, text: string): Unsealed {
  const found = parsed(text);
  if (!found) return { kind: 'damaged', damage: text.trim() === '' ? 'it is empty' : 'it is not what was written' };
  const { checksum, ...value } = found;
  if (checksum === undefined) return { kind: 'read', value, proven: false };
  if (checksum === checksumOfValue(identity, value)) return { kind: 'read', value, proven: true };
  return { kind: 'damaged', damage: 'its checksum does not match' };
}

/**
 * Parses the text with `schema`. Text without a checksum is accepted as an earlier version's only if it has no
 * properties beyond the schema's: otherwise a checksum whose name was damaged would pass.
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
