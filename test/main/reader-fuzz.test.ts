/**
 * Files of every other kind that comes from outside, damaged at random: ONNX networks, the files beside them, archives, tables.
 * Each is read, or refused in one sentence. A few in every test run; `npm run test:fuzz` runs five minutes with each. A failure
 * names the round that repeats it (FUZZ_SEED, FUZZ_ROUND).
 */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { at } from '../../main/at.ts';
import { Database } from '../../main/catalogue/database.ts';
import { openTableFile, readPairs } from '../../main/catalogue/table-file.ts';
import { portableModel } from '../../main/engines/onnxruntime/portable-model.ts';
import { ExpectedFailure } from '../../main/failure.ts';
import type { ArchiveReader } from '../../main/images/archive-reader.ts';
import { openFile } from '../../main/images/file-store.ts';
import { readTar } from '../../main/images/tar-reader.ts';
import { readZip } from '../../main/images/zip-reader.ts';
import { architecture } from '../../main/models/family.ts';
import { parsedNames } from '../../main/models/onnx/class-names.ts';
import { describeExtractor } from '../../main/models/onnx/feature-extractor.ts';
import { describeClassifier } from '../../main/models/onnx/foreign-classifier.ts';
import { withHalfWeights } from '../../main/models/onnx/half-weights.ts';
import { inferenceProgram } from '../../main/models/programs.ts';
import { referenceWeights } from '../../main/models/reference-weights.ts';
import { CounterRandom } from '../../main/random.ts';
import { tarOf } from './tar-file.ts';

const SEED = Number(process.env.FUZZ_SEED ?? 1);
const FIRST_ROUND = Number(process.env.FUZZ_ROUND ?? 0);
const SECONDS = Number(process.env.FUZZ_SECONDS ?? 0);
const TIMEOUT_MS = 60_000 + SECONDS * 2000;

const folder = mkdtempSync(join(tmpdir(), 'understudy-readers-'));
let database: Database;
beforeAll(async () => {
  database = await Database.inMemory();
});
afterAll(async () => {
  await database.close();
  await rm(folder, { recursive: true });
});

interface Reader {
  readonly name: string;
  readonly file: string;
  readonly rounds: number;
  whole(): Promise<Uint8Array> | Uint8Array;
  read(path: string): Promise<unknown>;
}

const options = { provider: 'cpu', threads: 1 };
const readers: readonly Reader[] = [
  { name: 'an ONNX network as eyes', file: 'eyes.onnx', rounds: 12, whole: network, read: eyes },
  {
    name: 'an ONNX classifier',
    file: 'classifier.onnx',
    rounds: 12,
    whole: network,
    read: (path) => describeClassifier(path, options),
  },
  { name: 'an ONNX network in halves', file: 'half.onnx', rounds: 40, whole: network, read: halved },
  { name: 'preprocessor_config.json', file: 'preprocessor_config.json', rounds: 12, whole: config, read: besides },
  { name: 'a list of class names', file: 'names.json', rounds: 60, whole: names, read: namesIn },
  { name: 'a zip of images', file: 'images.zip', rounds: 40, whole: zip, read: archived(readZip) },
  { name: 'a tar of images', file: 'images.tar', rounds: 40, whole: tar, read: archived(readTar) },
  { name: 'a CSV table', file: 'table.csv', rounds: 12, whole: csv, read: table },
  { name: 'a Parquet table', file: 'table.parquet', rounds: 12, whole: parquet, read: table },
];

it.each(readers)('$name is read or refused in one sentence', { timeout: TIMEOUT_MS }, async (reader) => {
  const path = join(folder, reader.file);
  const whole = Buffer.from(await reader.whole());
  writeFileSync(path, whole);
  await reader.read(path);
  const endMs = performance.now() + SECONDS * 1000;
  for (let round = FIRST_ROUND; round < FIRST_ROUND + reader.rounds || performance.now() < endMs; round++) {
    writeFileSync(path, damaged(whole, new CounterRandom(SEED, round)));
    await reader.read(path).catch((error: unknown) => {
      if (!(error instanceof ExpectedFailure)) throw new Error(`round ${round}`, { cause: error });
      expect(error.message, `round ${round}`).toMatch(/^[^\n]+[.?]$/);
    });
  }
  writeFileSync(path, whole);
});

/** Truncated, with flipped, inserted, removed, moved or maximal bytes. */
function damaged(whole: Buffer, random: CounterRandom): Buffer {
  let bytes = Buffer.from(whole);
  for (let times = 1 + random.integer(4); times > 0 && bytes.length > 0; times--) {
    const place = random.integer(bytes.length);
    const length = 1 + random.integer(Math.min(24, bytes.length - place));
    const [before, after] = [bytes.subarray(0, place), bytes.subarray(place)];
    const kind = random.integer(6);
    if (kind === 0) bytes[place] = at(bytes, place) ^ (1 << random.integer(8));
    else if (kind === 1) bytes = Buffer.concat([before, after.subarray(length)]);
    else if (kind === 2) bytes = Buffer.concat([before, after.subarray(0, length), after]);
    else if (kind === 3) bytes.fill(at([0, 0x7f, 0x80, 0xff], random.integer(4)), place, place + length);
    else if (kind === 4) bytes[place] = random.integer(256);
    else if (random.uniform() < 0.3) bytes = Buffer.from(before);
  }
  return bytes;
}

function network(): Uint8Array {
  const config = { ...architecture('small-basic', 3), layers: [1], width: 8 };
  const program = inferenceProgram({ network: config, batch: 1, imageSizePx: 8 });
  return portableModel(program, referenceWeights(config), {
    classNames: JSON.stringify(['a', 'b', 'c']),
    preprocessing: JSON.stringify({
      ...{ resizeShortSidePx: 9, interpolation: 'bilinear', centreCropPx: 8 },
      ...{ mean: [0.5, 0.5, 0.5], standardDeviation: [0.25, 0.25, 0.25] },
    }),
  });
}

async function eyes(path: string): Promise<unknown> {
  return await describeExtractor(path, options);
}

async function halved(path: string): Promise<unknown> {
  return withHalfWeights(path, readFileSync(path));
}

function config(): Uint8Array {
  return Buffer.from(
    JSON.stringify({
      ...{ crop_size: { height: 8, width: 8 }, size: { shortest_edge: 9 }, resample: 3, do_center_crop: true },
      ...{ do_normalize: true, image_mean: [0.48, 0.45, 0.4], image_std: [0.26, 0.26, 0.27] },
    }),
  );
}

/** Beside a network that contains no description. */
async function besides(path: string): Promise<unknown> {
  const program = inferenceProgram({ network: architecture('small-basic', 3), batch: 1, imageSizePx: 8 });
  const beside = join(dirname(path), 'silent.onnx');
  writeFileSync(beside, portableModel(program, referenceWeights(architecture('small-basic', 3)), {}));
  return await describeExtractor(beside, options);
}

function names(): Uint8Array {
  return Buffer.from(`{0: 'tench, "Tinca"', 1: "goldfish", 2: 'great white\\'s'}`);
}

async function namesIn(path: string): Promise<unknown> {
  return parsedNames(readFileSync(path, 'latin1'));
}

async function zip(): Promise<Uint8Array> {
  const { ZipFile } = await import('yazl');
  const { buffer } = await import('node:stream/consumers');
  const file = new ZipFile();
  for (const name of ['a/1.jpg', 'a/2.jpg', 'b/3.jpg']) file.addBuffer(Buffer.alloc(300, name), name);
  file.end();
  return await buffer(file.outputStream);
}

function tar(): Uint8Array {
  return tarOf({ 'a/1.jpg': Buffer.alloc(700, 1), 'a/1.json': { class: 'cat' }, 'b/2.jpg': Buffer.alloc(30, 2) });
}

function archived(read: ArchiveReader): (path: string) => Promise<unknown> {
  return async (path) => {
    const file = await openFile(path);
    const parts = [];
    try {
      for await (const part of read(file)) parts.push(part);
    } finally {
      await file.close();
    }
    return parts;
  };
}

function csv(): Uint8Array {
  return Buffer.from('path,class\n"a, b.jpg",cat\nc.jpg,"the ""dog"""\n');
}

async function parquet(): Promise<Uint8Array> {
  const path = join(folder, 'made.parquet');
  await database.run(`COPY (SELECT 'a' || range AS path, range % 3 AS class FROM range(50)) TO '${path}'`);
  return readFileSync(path);
}

async function table(path: string): Promise<unknown> {
  const found = await openTableFile(database, path, (cells) => cells.includes('path'));
  const [first = '', second = first] = found.columns;
  return await readPairs(database, path, found, [first, second], 1000);
}
