/**
 * The format exactly as specified by huggingface/safetensors: what it allows is read, everything else is refused in one
 * sentence.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSafetensors, withSafetensors, writeSafetensors } from '../../../main/models/safetensors.ts';
import { CheckpointUnreadable } from '../../../main/models/safetensors-reader.ts';
import { startChild } from '../catalogue/child-process.ts';
import { type Entries, fileBytes, headerText, writeRaw } from './safetensors-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'understudy-safetensors-'));
const path = join(folder, 'file.safetensors');

const tensor = (dtype: string, shape: readonly unknown[], from: unknown, to: unknown) => ({
  dtype,
  shape,
  data_offsets: [from, to],
});
const one = tensor('F32', [1], 0, 4);

/** Reads files, and prints the outcome of each and the peak memory of the process. */
const READ = `
  import { readFileSync } from 'node:fs';
  import { readSafetensors } from 'models/safetensors.ts';
  // Linux counts what the parent had at its fork into maxRSS.
  const peakKilobytes = () =>
    process.platform === 'linux'
      ? Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1])
      : process.resourceUsage().maxRSS;
  const messages = [];
  for (const path of process.argv.slice(2)) {
    messages.push(await readSafetensors(path).then(() => 'it was read', (error) => error.message));
  }
  console.log(JSON.stringify({ messages, megabytes: peakKilobytes() / 1024 }));
`;

const floats = (...numbers: number[]) => new Uint8Array(Float32Array.from(numbers).buffer);
const codes16 = (...codes: number[]) => new Uint8Array(Uint16Array.from(codes).buffer);

async function reasonOf(file: string): Promise<string> {
  const error: unknown = await readSafetensors(file).then(
    () => new Error('it was read'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(CheckpointUnreadable);
  const { message } = error as Error;
  expect(message.startsWith(`${file} is not a model that can be read: `)).toBe(true);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: none of these may reach a terminal
  expect(message).not.toMatch(/[\u0000-\u001f]/);
  return message;
}

describe('a header', () => {
  it.each<[string, Entries, number, RegExp]>([
    ['no tensor and data', [], 4, /more than its header lists/],
    [
      'an overlap',
      [
        ['a', one],
        ['b', tensor('F32', [1], 2, 6)],
      ],
      6,
      /tensor “b” overlaps another/,
    ],
    [
      'the same place twice',
      [
        ['a', one],
        ['b', one],
      ],
      4,
      /tensor “b” overlaps another/,
    ],
    [
      'a hole',
      [
        ['a', one],
        ['b', tensor('F32', [1], 8, 12)],
      ],
      12,
      /gap before its tensor “b”/,
    ],
    ['a hole at the beginning', [['a', tensor('F32', [1], 4, 8)]], 8, /gap before its tensor “a”/],
    ['bytes behind the last tensor', [['a', one]], 5, /more than its header lists/],
    ['too few bytes', [['a', one]], 3, /cut short/],
    [
      'a key twice',
      [
        ['a', one],
        ['a', one],
      ],
      4,
      /has “a” twice/,
    ],
    [
      'a note twice',
      [
        ['__metadata__', {}],
        ['__metadata__', {}],
      ],
      0,
      /has “__metadata__” twice/,
    ],
    ['too long a shape', [['a', tensor('F32', [2], 0, 4)]], 4, /length that does not fit its shape/],
    [
      'a shape of more than 2^53 numbers',
      [['a', tensor('F32', [2 ** 52, 2 ** 52, 16], 0, 4)]],
      4,
      /length that does not fit/,
    ],
    [
      'a shape whose product wraps to four bytes',
      [['a', tensor('U8', [2 ** 33 + 1, 2 ** 32, 4], 0, 4)]],
      4,
      /does not fit/,
    ],
    ['offsets that run backwards', [['a', tensor('F32', [0], 4, 0)]], 4, /length that does not fit/],
    ['a fraction', [['a', tensor('F32', [1], 0, 4.5)]], 4, /wrong at byte/],
    ['a negative size', [['a', tensor('F32', [-1], 0, 4)]], 4, /wrong at byte/],
    ['an exponent', [['a', tensor('F32', [1e21], 0, 4)]], 4, /wrong at byte/],
    ['text for a size', [['a', tensor('F32', ['1'], 0, 4)]], 4, /wrong at byte/],
    ['three offsets', [['a', { ...one, data_offsets: [0, 4, 4] }]], 4, /more than 2 numbers/],
    ['one offset', [['a', { ...one, data_offsets: [0] }]], 4, /lacks its type, its shape or its place/],
    ['no type', [['a', { shape: [1], data_offsets: [0, 4] }]], 4, /lacks its type/],
    ['an unknown type', [['a', tensor('F33', [1], 0, 4)]], 4, /of an unknown type, “F33”/],
    ['a type that objects inherit', [['a', tensor('constructor', [1], 0, 4)]], 4, /unknown type/],
    ['something more to say', [['a', { ...one, strides: [1] }]], 4, /has “strides”, which is not part of the format/],
    ['half a byte', [['a', tensor('F4', [3], 0, 1)]], 1, /ends within a byte/],
    ['a note that is no text', [['__metadata__', { a: 1 }]], 0, /wrong at byte/],
    ['notes that are no object', [['__metadata__', 'a']], 0, /wrong at byte/],
    ['too many axes', [['a', tensor('F32', Array(65).fill(1), 0, 4)]], 4, /more than 64 numbers/],
    ['a name that steers a terminal', [['\u001b[2J\n', tensor('?', [1], 0, 4)]], 4, /tensor “\\x1B\[2J\\n” is/],
  ])('with %s is refused', async (_, entries, data, reason) => {
    expect(await reasonOf(writeRaw(path, headerText(entries), data))).toMatch(reason);
  });

  const [a, rest] = ['{"a":', '{"dtype":"F32","shape":[1],"data_offsets":[0,4]}'];
  it.each<[string, string | Uint8Array, RegExp]>([
    ['that is a list', '[]', /does not begin with/],
    ['that begins with a space', ` ${a}${rest}}`, /does not begin with/],
    ['that ends too early', `${a}${rest}`, /ends too early/],
    ['with a comma too many', `${a}${rest},}`, /wrong at byte/],
    ['padded with zeros', `${a}${rest}}\0\0`, /something follows/],
    ['with another object behind it', `${a}${rest}}{}`, /something follows/],
    ['with a leading zero', '{"a":{"dtype":"F32","shape":[01],"data_offsets":[0,4]}}', /wrong at byte/],
    [
      'with a number beyond 2^53',
      '{"a":{"dtype":"F32","shape":[9007199254740993],"data_offsets":[0,4]}}',
      /beyond 2\^53/,
    ],
    ['with a number of a thousand digits', `{"a":{"dtype":"F32","shape":[${'9'.repeat(1000)}]}}`, /beyond 2\^53/],
    ['with one key in two spellings', `${a}${rest},"\\u0061":${rest}}`, /has “a” twice/],
    ['with half a surrogate', '{"\\ud800":1}', /wrong at byte/],
    ['with a line break in a name', '{"a\n":1}', /wrong at byte/],
    ['with an unknown escape', '{"\\x":1}', /wrong at byte/],
    ['that is not UTF-8', Buffer.from([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x7b, 0x7d, 0x7d]), /not UTF-8/],
    ['with a tensor that is a list', '{"a":["F32",[1],[0,4]]}', /wrong at byte/],
    ['with a tensor that is nothing', '{"a":null}', /wrong at byte/],
  ])('%s is refused', async (_, header, reason) => {
    expect(await reasonOf(writeRaw(path, header, 4))).toMatch(reason);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['nothing', Buffer.alloc(0), /does not begin with/],
    ['a length alone', Buffer.alloc(8), /does not begin with/],
    ['a length beyond the file', fileBytes('{}', 0, 100n), /cut short/],
    ['a length beyond any file', fileBytes('{}', 0, 2n ** 64n - 1n), /cut short/],
    ['a sentence', Buffer.from('this is not a model, it is a sentence that is long enough'), /does not begin with/],
  ])('is missing in a file of %s, which is refused', async (_, bytes, reason) => {
    writeFileSync(path, bytes);
    expect(await reasonOf(path)).toMatch(reason);
  });

  it('of more than 100 MB is refused, however much of it there is', async () => {
    writeRaw(path, '{', 0, 100_000_001n);
    truncateSync(path, 100_000_009);
    expect(await reasonOf(path)).toMatch(/larger than 100 MB/);
  });

  it('with white space, escapes, padding and its tensors in any order is read', async () => {
    const header = `{ "b" :{"shape":[2 ,1],\n"dtype":"F32","data_offsets":[4,12]},"\\u00e4\\ud83d\\ude00\\n":
      {"dtype":"F32","shape":[],"data_offsets":[0,4]}, "__metadata__":{"k":"v\\"\\/", "":""},
      "none":{"dtype":"F32","shape":[9007199254740991,9007199254740991,0],"data_offsets":[4,4]}}     `;
    const { tensors, metadata } = await readSafetensors(writeRaw(path, header, floats(1, 2, 3)));
    expect([...tensors.keys()]).toEqual(['ä😀\n', 'none', 'b']);
    expect(tensors.get('b')).toEqual({ shape: [2, 1], data: Float32Array.of(2, 3) });
    expect(tensors.get('ä😀\n')).toEqual({ shape: [], data: Float32Array.of(1) });
    expect(tensors.get('none')?.data).toHaveLength(0);
    expect([...metadata]).toEqual([
      ['k', 'v"/'],
      ['', ''],
    ]);
  });

  it('whose escapes lie across the end of a window is read', async () => {
    for (const offset of [0, 1, 2, 3, 4, 5, 6, 7]) {
      const name = `${'n'.repeat(2 ** 18 - 8 + offset)}"ä\\😀`;
      const { tensors } = await readSafetensors(writeRaw(path, headerText([[name, one]]).replace('ä', '\\u00e4'), 4));
      expect([...tensors.keys()]).toEqual([name]);
    }
  });

  it('that is longer than one window is read', async () => {
    const entries = Array.from(
      { length: 9000 },
      (_, at) => [`läyer.${at}`, tensor('F32', [1], 4 * at, 4 * at + 4)] as const,
    );
    const data = Float32Array.from({ length: 9000 }, (_, at) => at);
    const { tensors } = await readSafetensors(writeRaw(path, headerText(entries), new Uint8Array(data.buffer)));
    expect(tensors.size).toBe(9000);
    expect(tensors.get('läyer.8999')?.data).toEqual(Float32Array.of(8999));
  });

  it('is refused for little memory, whatever it says', async () => {
    const entry = (at: number) => `"${at}":{"dtype":"F32","shape":[],"data_offsets":[${4 * at},${4 * at + 4}]},`;
    const hostile = {
      deep: `{"a":${'['.repeat(5_000_000)}`,
      'deep objects': `{${'"a":{'.repeat(5_000_000)}`,
      'many tensors': `{${Array.from({ length: 400_000 }, (_, at) => entry(at)).join('')}`,
      'a long name': `{"${'n'.repeat(25_000_000)}":1}`,
      'a long note': `{"__metadata__":{"k":"${'\\n'.repeat(12_000_000)}"}`,
      'many notes': `{"__metadata__":{${Array.from({ length: 1_000_000 }, (_, at) => `"${at}":"",`).join('')}`,
      'many axes': `{"a":{"shape":[${'1,'.repeat(12_000_000)}`,
      'a long number': `{"a":{"shape":[${'1'.repeat(25_000_000)}`,
      'white space': `{"a":{${' '.repeat(25_000_000)}`,
    };
    const files = Object.entries(hostile).map(([name, header]) => writeRaw(join(folder, name), header));
    const child = await startChild(READ, ...files);
    const { messages, megabytes } = JSON.parse(await child.ended);
    for (const [at, file] of files.entries()) {
      expect(messages[at]).toMatch(
        / is not a model that can be read: .*; give a whole safetensors, PyTorch or ONNX file\.$/,
      );
      rmSync(file);
    }
    expect(megabytes).toBeLessThan(200);
  });
});

describe('numbers', () => {
  it.each<[string, number, Uint8Array, readonly number[]]>([
    // The float32 bits that PyTorch 1.13 gives for all 65,536 codes of 16 bits, and those from the definitions for 8
    // bits.
    [
      'F16',
      2,
      codes16(0x0000, 0x8000, 0x3c00, 0xc000, 0x0001, 0x83ff, 0x0400, 0x7bff, 0x7c00, 0xfc00, 0x7e01, 0xfd55),
      [
        0, 0x80000000, 0x3f800000, 0xc0000000, 0x33800000, 0xb87fc000, 0x38800000, 0x477fe000, 0x7f800000, 0xff800000,
        0x7fc02000, 0xffeaa000,
      ],
    ],
    [
      'BF16',
      2,
      codes16(0x0000, 0x8000, 0x3f80, 0xc040, 0x0001, 0x7f80, 0xff80, 0x7fc1, 0x7f7f),
      [0, 0x80000000, 0x3f800000, 0xc0400000, 0x00010000, 0x7f800000, 0xff800000, 0x7fc10000, 0x7f7f0000],
    ],
    [
      'F8_E4M3',
      1,
      Uint8Array.of(0x00, 0x80, 0x38, 0x01, 0x08, 0x7e, 0xfe, 0x7f, 0xff),
      [0, 0x80000000, 0x3f800000, 0x3b000000, 0x3c800000, 0x43e00000, 0xc3e00000, 0x7fc00000, 0xffc00000],
    ],
    [
      'F8_E5M2',
      1,
      Uint8Array.of(0x00, 0x3c, 0x01, 0x04, 0x7b, 0x7c, 0xfc, 0x7e),
      [0, 0x3f800000, 0x37800000, 0x38800000, 0x47600000, 0x7f800000, 0xff800000, 0x7fc00000],
    ],
    [
      'F8_E4M3FNUZ',
      1,
      Uint8Array.of(0x00, 0x80, 0x40, 0x01, 0x7f),
      [0, 0xffc00000, 0x3f800000, 0x3a800000, 0x43700000],
    ],
    [
      'F8_E5M2FNUZ',
      1,
      Uint8Array.of(0x00, 0x80, 0x40, 0x01, 0x7f),
      [0, 0xffc00000, 0x3f800000, 0x37000000, 0x47600000],
    ],
  ])('of %s become float32 bit for bit', async (dtype, bytes, data, wanted) => {
    const header = headerText([['a', tensor(dtype, [data.length / bytes], 0, data.length)]]);
    const read = (await readSafetensors(writeRaw(path, header, data))).tensors.get('a')?.data;
    expect([...new Uint32Array(read?.buffer ?? new ArrayBuffer())]).toEqual(wanted);
  });

  it('of 64 bits are rounded to the nearest float32', async () => {
    const data = Float64Array.of(Math.PI, -1e300, 1e-300, 1 + 2 ** -24);
    const header = headerText([['a', tensor('F64', [4], 0, 32)]]);
    const { tensors } = await readSafetensors(writeRaw(path, header, new Uint8Array(data.buffer)));
    expect(tensors.get('a')?.data).toEqual(Float32Array.from(data, Math.fround));
  });

  it('of a tensor that is larger than one read, at any place, are all there', async () => {
    const halves = Uint16Array.from({ length: 5_000_001 }, (_, at) => (at * 7919) % 0x7c00);
    const header = headerText([
      ['odd', tensor('U8', [1], 0, 1)],
      ['a', tensor('F16', [halves.length], 1, 1 + 2 * halves.length)],
    ]);
    const data = Buffer.concat([Buffer.of(9), new Uint8Array(halves.buffer)]);
    const { tensors } = await readSafetensors(writeRaw(path, header, data));
    const read = tensors.get('a')?.data ?? new Float32Array();
    for (const at of [0, 1, 2 ** 21 - 1, 2 ** 21, 2 ** 22, 5_000_000])
      expect(read[at]).toBe(halfValue(halves[at] as number));
    expect([...tensors.keys()]).toEqual(['a']);
  });

  it('of every other type are passed over, and refused where they are asked for', async () => {
    const bits = {
      F8_E8M0: 8,
      F6_E2M3: 6,
      F6_E3M2: 6,
      F4: 4,
      C64: 64,
      I64: 64,
      U64: 64,
      I32: 32,
      U32: 32,
      I16: 16,
      U16: 16,
      I8: 8,
      U8: 8,
      BOOL: 8,
    };
    let end = 0;
    const entries = Object.entries(bits).map(([dtype, width]) => {
      const from = end;
      end += width;
      return [`as ${dtype}`, tensor(dtype, [2, 4], from, end)] as const;
    });
    const file = writeRaw(path, headerText([...entries, ['weight', tensor('F32', [1], end, end + 4)]]), end + 4);
    expect([...(await readSafetensors(file)).tensors.keys()]).toEqual(['weight']);
    await withSafetensors(file, async (reader) => {
      expect(reader.tensors.size).toBe(15);
      await expect(reader.float32('as I8')).rejects.toThrow(/tensor “as I8” is stored as I8, which cannot be weights/);
    });
  });

  it('come back as they were written, under any name', async () => {
    const tensors = new Map(
      ['__proto__', 'constructor', '0', 'ü\n"'].map((name, at) => [
        name,
        { shape: [2], data: Float32Array.of(at, -0) },
      ]),
    );
    await writeSafetensors(path, tensors, { note: 'a\u0000b' });
    const read = await readSafetensors(path);
    expect(read.tensors).toEqual(new Map([...tensors].sort()));
    expect(read.metadata.get('note')).toBe('a\u0000b');
  });
});

describe('a file', () => {
  it('that is a folder, a pipe or nothing is refused at once', async () => {
    mkdirSync(join(folder, 'folder'));
    expect(await reasonOf(join(folder, 'folder'))).toMatch(/it is not a file/);
    expect(await reasonOf(join(folder, 'nothing'))).toMatch(/there is no such file/);
    if (process.platform === 'win32') return;
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    expect(await reasonOf(join(folder, 'pipe'))).toMatch(/it is not a file/);
  });

  it('of a tensor that no memory holds is refused when that is read', async () => {
    const length = 2 ** 40;
    writeRaw(path, headerText([['a', tensor('F32', [length], 0, 4 * length)]]));
    truncateSync(path, 8 + headerText([['a', tensor('F32', [length], 0, 4 * length)]]).length + 4 * length);
    expect(await reasonOf(path)).toMatch(/a tensor of 4399 GB, which does not fit into memory/);
  });
});

/** By the definition: sign, 5 bits of exponent, 10 of fraction. */
function halfValue(code: number): number {
  const [exponent, fraction] = [(code >> 10) & 31, code & 1023];
  return (
    (code >> 15 ? -1 : 1) * (exponent === 0 ? fraction / 1024 : 1 + fraction / 1024) * 2 ** (Math.max(1, exponent) - 15)
  );
}
