import { createWriteStream, existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ZipFile } from 'yazl';
import { at } from '../../../main/at.ts';
import { openPytorchFile } from '../../../main/models/pytorch/pytorch-file.ts';
import { CheckpointUnreadable } from '../../../main/models/safetensors-reader.ts';
import { CounterRandom } from '../../../main/random.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'understudy-pytorch-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** A zip in PyTorch's layout, containing this pickle. */
async function archive(
  pickle: Buffer,
  { compress = false, more = {} as Readonly<Record<string, Buffer>> } = {},
): Promise<string> {
  const zip = new ZipFile();
  for (const [name, bytes] of Object.entries({ 'data.pkl': pickle, 'data/0': Buffer.alloc(16), ...more })) {
    zip.addBuffer(bytes, `archive/${name}`, { compress });
  }
  zip.end();
  const path = join(folder, 'hostile.pth');
  await pipeline(zip.outputStream, createWriteStream(path));
  return path;
}

const begin = Buffer.of(0x80, 2);
const ascii = (text: string) => Buffer.from(text, 'latin1');
const pickled = (...parts: readonly (Buffer | string)[]) =>
  Buffer.concat([begin, ...parts.map((part) => (typeof part === 'string' ? ascii(part) : part)), ascii('.')]);
const int32 = (value: number) => {
  const bytes = Buffer.alloc(5);
  bytes.write('J', 'latin1');
  bytes.writeInt32LE(value, 1);
  return bytes;
};
const long = (value: bigint) => {
  const bytes = Buffer.alloc(10);
  bytes.writeUInt8(0x8a);
  bytes.writeUInt8(8, 1);
  bytes.writeBigInt64LE(value, 2);
  return bytes;
};
const word = (value: string) => {
  const start = Buffer.alloc(5);
  start.write('X', 'latin1');
  start.writeUInt32LE(Buffer.byteLength(value), 1);
  return Buffer.concat([start, Buffer.from(value)]);
};

/** {'w': a tensor of this shape over the four floats of storage 0}. */
const tensorOf = (shape: readonly Buffer[], strides: readonly Buffer[], offset = int32(0), stored = int32(4)) =>
  pickled(
    ...['}', word('w'), 'ctorch._utils\n_rebuild_tensor_v2\n', '('],
    ...['(', word('storage'), 'ctorch\nFloatStorage\n', word('0'), word('cpu'), stored, 'tQ'],
    ...[offset, '(', ...shape, 't', '(', ...strides, 't', Buffer.of(0x89), ')', 't', 'R', 's'],
  );

test('the builder of these files makes one that is good', async () => {
  const file = await openPytorchFile(await archive(tensorOf([int32(2), int32(2)], [int32(2), int32(1)])));
  expect(file.tensors.get('w')?.shape).toEqual([2, 2]);
  expect([...(await file.float32('w'))]).toEqual([0, 0, 0, 0]);
  await file.close();
});

const runs = join(tmpdir(), `understudy-was-run-${process.pid}`);
const hostile: readonly (readonly [string, Buffer])[] = [
  ['calls a shell', pickled('cposix\nsystem\n', '(', word(`touch ${runs}`), 'tR')],
  ['calls eval by its new name', pickled(word('builtins'), word('eval'), Buffer.of(0x93), '(', word('1'), 'tR')],
  ['builds an instance', pickled('(', word('x'), 'ios\nsystem\n')],
  ['makes an object of a class', pickled('csubprocess\nPopen\n', ')', Buffer.of(0x81))],
  ['uses the extension registry', pickled(Buffer.of(0x82, 1))],
  ['names a dtype that is a function', pickled('ctorch\nload\n', '(', word('x'), 'tR')],
  ['calls what is no function', pickled(word('x'), ')', 'R')],
  ['has a shape of 2^53', tensorOf([long(2n ** 53n)], [int32(1)])],
  ['has a shape whose product is 2^64', tensorOf([long(2n ** 32n), long(2n ** 32n)], [int32(0), int32(0)])],
  ['has a negative size', tensorOf([int32(-4)], [int32(1)])],
  ['has a negative offset', tensorOf([int32(2)], [int32(1)], int32(-1))],
  ['has a stride beyond its numbers', tensorOf([int32(2)], [int32(1000)])],
  ['claims more numbers than the file has', tensorOf([int32(1000)], [int32(1)], int32(0), int32(1000))],
  ['shows one number a million times', tensorOf([int32(1000), int32(1000)], [int32(0), int32(0)])],
  ['pops an empty stack', pickled('0')],
  ['recalls what was never kept', pickled('h', Buffer.of(9))],
  ['has no end', Buffer.concat([begin, ascii('N'.repeat(1000))])],
  ['has a text longer than itself', pickled('X', Buffer.of(0xff, 0xff, 0xff, 0xff))],
  ['has a number of 2 GB', pickled(Buffer.of(0x8b, 0xff, 0xff, 0xff, 0x7f))],
  ['is a dict that holds itself', pickled('}', 'q', Buffer.of(0), word('me'), 'h', Buffer.of(0), 's')],
  ['is a list that holds itself', pickled(']', 'q', Buffer.of(0), 'h', Buffer.of(0), 'a')],
  ['holds no tensor', pickled('}', word('a'), int32(1), 's')],
  ['has twenty million instructions', Buffer.alloc(20 * 2 ** 20, 'N')],
  [
    'opens a million lists',
    Buffer.concat([begin, Buffer.alloc(2 ** 20, ']'), Buffer.alloc(2 ** 20 - 1, 'a'), ascii('.')]),
  ],
];

describe.each(hostile)('a file that %s', (_, pickle) => {
  test('is refused in one sentence, without being run', async () => {
    const failure = await openPytorchFile(await archive(pickle)).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(CheckpointUnreadable);
    expect((failure as Error).message).toMatch(/^[^\n]+\.$/);
    expect(existsSync(runs)).toBe(false);
  });
});

test('a description of 100 MB and a compressed one (a bomb) are refused before they are read', async () => {
  await expect(openPytorchFile(await archive(Buffer.alloc(100 * 2 ** 20)))).rejects.toThrow('too long');
  await expect(openPytorchFile(await archive(Buffer.alloc(2 ** 20), { compress: true }))).rejects.toThrow('compressed');
});

test('a TorchScript program is refused by what it is', async () => {
  const program = { 'code/__torch__/net.py': Buffer.from('def forward(self): pass') };
  await expect(openPytorchFile(await archive(pickled('}'), { more: program }))).rejects.toThrow('TorchScript');
});

/** `npm run test:fuzz` spends this many seconds on each file. */
const FUZZ_SECONDS = Number(process.env.FUZZ_SECONDS ?? 0);
const FUZZ_CASES = 400;

test.each(['data-parallel-zip', 'data-parallel-legacy', 'views-zip', 'precisions-legacy'])(
  'any damage to %s is refused in one sentence or leaves tensors that can be read',
  { timeout: 60_000 + FUZZ_SECONDS * 2000 },
  async (name) => {
    const whole = await readFile(`test/fixtures/pytorch/${name}.pth`);
    const path = join(folder, 'fuzzed.pth');
    const endMs = performance.now() + FUZZ_SECONDS * 1000;
    for (let seed = 0; seed < FUZZ_CASES || performance.now() < endMs; seed++) {
      await writeFile(path, damaged(whole, new CounterRandom(seed, 77)));
      try {
        const file = await openPytorchFile(path);
        for (const [tensor, { type }] of file.tensors) if (/F/.test(type)) await file.float32(tensor);
        await file.close();
      } catch (error) {
        if (!(error instanceof CheckpointUnreadable)) throw new Error(`case ${seed}`, { cause: error });
      }
    }
  },
);

function damaged(whole: Buffer, random: CounterRandom): Buffer {
  const bytes = Buffer.from(whole);
  const place = () => random.uint32() % bytes.length;
  const kind = random.uint32() % 4;
  if (kind === 0) return bytes.subarray(0, place());
  if (kind === 1) return Buffer.concat([bytes.subarray(0, place()), bytes.subarray(place())]);
  for (let flips = 1 + (random.uint32() % 8); flips > 0; flips--) {
    const index = place();
    bytes[index] = kind === 2 ? random.uint32() & 0xff : at(bytes, index) ^ (1 << (random.uint32() % 8));
  }
  return bytes;
}
