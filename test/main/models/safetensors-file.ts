/** Safetensors files built byte by byte, so that they can be wrong in every way. */
import { writeFileSync } from 'node:fs';

/** The contents of a header, in order: an array can contain a key twice. */
export type Entries = readonly (readonly [name: string, value: unknown])[];

export function headerText(entries: Entries): string {
  return `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
}

export function fileBytes(header: string | Uint8Array, data: number | Uint8Array = 0, announced?: bigint): Buffer {
  const text = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(announced ?? BigInt(text.length));
  return Buffer.concat([length, text, typeof data === 'number' ? Buffer.alloc(data) : data]);
}

export function writeRaw(path: string, ...parts: Parameters<typeof fileBytes>): string {
  writeFileSync(path, fileBytes(...parts));
  return path;
}
