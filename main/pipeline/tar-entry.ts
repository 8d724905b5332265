/** Entries of a tar archive (POSIX ustar) whose names are short and plain. */
const BLOCK = 512;
const LONGEST_NAME = 99;
const CHECKSUM_AT = 148;

/** Its header and its content, padded to whole blocks. Throws a `RangeError` for a name that has no room. */
export function tarEntry(name: string, content: Uint8Array): Buffer {
  if (Buffer.byteLength(name) > LONGEST_NAME) throw new RangeError(`“${name}” is too long for a tar archive`);
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, '0');
  header.write(name, 0);
  header.write(octal(0o644, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(content.length, 11), 124);
  // The same selection is the same archive, whenever it is written.
  header.write(octal(0, 11), 136);
  header.write(' '.repeat(8), CHECKSUM_AT);
  header.write('0', 156);
  header.write('ustar\u000000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 6)}\u0000 `, CHECKSUM_AT, 'latin1');
  return Buffer.concat([header, content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)]);
}

/** What an archive ends with. */
export function tarEnd(): Buffer {
  return Buffer.alloc(2 * BLOCK);
}
