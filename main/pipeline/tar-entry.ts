/** Entries of a tar archive (POSIX ustar) with short, plain names. */
const BLOCK = 512;
const LONGEST_NAME = 99;
const CHECKSUM_AT = 148;

/** Header and content, padded to whole blocks. Throws a `RangeError` for a name that is too long. */
export function tarEntry(name: string, content: Uint8Array): Buffer {
  if (Buffer.byteLength(name) > LONGEST_NAME) throw new RangeError(`“${name}” is too long for a tar archive`);
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, '0');
  header.write(name, 0);
  header.write(octal(0o644, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(content.length, 11), 124);
  // A fixed time, so that the same selection always gives the same archive.
  header.write(octal(0, 11), 136);
  header.write(' '.repeat(8), CHECKSUM_AT);
  header.write('0', 156);
  header.write('ustar\u000000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 6)}\u0000 `, CHECKSUM_AT, 'latin1');
  return Buffer.concat([header, content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)]);
}

/** The end-of-archive marker. */
export function tarEnd(): Buffer {
  return Buffer.alloc(2 * BLOCK);
}
