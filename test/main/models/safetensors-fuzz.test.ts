/**
 * Random and randomly damaged files: each is read as by a simple reading of the format, or refused in one sentence.
 * Some hundreds in every test run; `npm run test:fuzz` continues for five minutes. A failure names the round that
 * repeats it (FUZZ_SEED, FUZZ_ROUND).
 */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { at } from '../../../main/at.ts';
import { ExpectedFailure } from '../../../main/failure.ts';
import { loadModel, saveModel } from '../../../main/models/checkpoint.ts';
import { initialState, type NetworkConfig } from '../../../main/models/network.ts';
import { withSafetensors } from '../../../main/models/safetensors.ts';
import { CheckpointUnreadable } from '../../../main/models/safetensors-reader.ts';
import { isStorageType, storageType } from '../../../main/models/storage-types.ts';
import { CounterRandom } from '../../../main/random.ts';
import { fileBytes } from './safetensors-file.ts';

const SEED = Number(process.env.FUZZ_SEED ?? 1);
const FIRST_ROUND = Number(process.env.FUZZ_ROUND ?? 0);
const ROUNDS = 600;
const SECONDS = Number(process.env.FUZZ_SECONDS ?? 0);
const TIMEOUT_MS = 120_000 + SECONDS * 2000;
const path = join(mkdtempSync(join(tmpdir(), 'understudy-fuzz-')), 'fuzzed.safetensors');

const BITS = { F32: 32, F16: 16, BF16: 16, F64: 64, I8: 8, F4: 4, BOOL: 8, I64: 64, F8_E4M3: 8 } as const;
const TYPES = Object.keys(BITS) as (keyof typeof BITS)[];
// biome-ignore format: a list of words
const TOKENS = [
  '{', '}', '[', ']', ':', ',', '"', '\\', '\\u0061', '\\ud800', '0', '1', '-', '.0', 'e1', '9007199254740993', 'null', ' ',
  '\n', '\0', '"shape":[]', '"dtype":', '"data_offsets":[0,0]', '"__metadata__":{}', '"F16"', '"t0":', 'é', '😀', '\u001b',
];

interface Read {
  readonly type: string;
  readonly shape: readonly number[];
  readonly from: number;
  readonly to: number;
}

it('a safetensors file is read as it is meant, or refused', { timeout: TIMEOUT_MS }, async () => {
  const counts = { read: 0, refused: 0 };
  for (const { round, random } of rounds()) {
    const file = invented(random);
    const bytes = round % 3 === 0 ? file : damaged(file, random);
    writeFileSync(path, bytes);
    const read = await tensorsOf(path);
    const plain = plainReading(bytes);
    if (read) expect(read, `round ${round}`).toEqual(plain);
    // JSON.parse keeps the last of two equal keys and reads 1e0 as 1: only text that it would write in the same way is
    // certain.
    else if (plain) expect(isCanonical(bytes), `round ${round}`).toBe(false);
    counts[read ? 'read' : 'refused']++;
  }
  expect(Math.min(counts.read, counts.refused)).toBeGreaterThan(ROUNDS / 10);
});

it('a model file is loaded or refused', { timeout: TIMEOUT_MS }, async () => {
  const network: NetworkConfig = {
    ...{ block: 'basic', layers: [1, 1], width: 2, groups: 1, widthPerGroup: 64, stem: 'small', classes: 2 },
  };
  const model = { network, weights: initialState(network, 1), classNames: ['a', 'b'], imageSizePx: 8, provenance: {} };
  await saveModel(path, model);
  const whole = readFileSync(path);
  const counts = { loaded: 0, refused: 0 };
  for (const { round, random } of rounds()) {
    writeFileSync(path, damaged(whole, random));
    const outcome = await loadModel(path).then(
      () => 'loaded' as const,
      (error: unknown) => {
        expect(error, `round ${round}`).toBeInstanceOf(ExpectedFailure);
        return 'refused' as const;
      },
    );
    counts[outcome]++;
  }
  expect(Math.min(counts.loaded, counts.refused)).toBeGreaterThan(ROUNDS / 100);
});

function* rounds(): Generator<{ readonly round: number; readonly random: CounterRandom }> {
  const endMs = performance.now() + SECONDS * 1000;
  for (let round = FIRST_ROUND; round < FIRST_ROUND + ROUNDS || performance.now() < endMs; round++) {
    yield { round, random: new CounterRandom(SEED, round) };
  }
}

async function tensorsOf(file: string): Promise<Map<string, Read> | undefined> {
  try {
    return await withSafetensors(file, async (reader) => {
      for (const [name, { type }] of reader.tensors) if (storageType(type).toFloat32) await reader.float32(name);
      return new Map(reader.tensors);
    });
  } catch (error) {
    expect(error).toBeInstanceOf(CheckpointUnreadable);
    return undefined;
  }
}

/** A file of a few small tensors, occasionally with an error among them. */
function invented(random: CounterRandom): Buffer {
  const chance = (share: number) => random.uniform() < share;
  let end = 0;
  const entries: string[] = chance(0.3) ? ['"__metadata__":{"note":"ü\\n"}'] : [];
  for (let index = random.integer(5); index > 0; index--) {
    const type = at(TYPES, random.integer(TYPES.length));
    const shape = Array.from({ length: random.integer(4) }, () => random.integer(4));
    const from = end + (chance(0.04) ? random.integer(3) - 1 : 0);
    const bits = shape.reduce((product, length) => product * length, BITS[type]);
    end = from + Math.ceil(bits / 8) + (chance(0.04) ? 1 : 0);
    const name = JSON.stringify(`t${chance(0.05) ? 0 : index}`);
    entries.push(`${name}:${JSON.stringify({ dtype: type, shape, data_offsets: [from, end] })}`);
  }
  if (chance(0.3)) entries.reverse();
  const text = `{${entries.join(chance(0.1) ? ' ,\n' : ',')}}${' '.repeat(random.integer(9))}`;
  return fileBytes(text, Math.max(0, end + (chance(0.05) ? 1 : 0)));
}

/** Truncated, flipped, with inserted or removed words, mostly in the header. */
function damaged(file: Buffer, random: CounterRandom): Buffer {
  const header = file.subarray(8, 8 + Number(file.readBigUInt64LE()));
  const data = file.subarray(8 + header.length);
  let text: Buffer = Buffer.from(header);
  for (let times = 1 + random.integer(2); times > 0; times--) {
    const place = random.integer(text.length + 1);
    const [before, after] = [text.subarray(0, place), text.subarray(place)];
    const token = Buffer.from(at(TOKENS, random.integer(TOKENS.length)));
    const kind = random.integer(5);
    if (kind === 0 && place < text.length) text[place] = at(text, place) ^ (1 << random.integer(8));
    else if (kind === 1) text = Buffer.concat([before, token, after]);
    else if (kind === 2) text = Buffer.concat([before, after.subarray(random.integer(12))]);
    else if (kind === 3) text = Buffer.concat([before, token, after.subarray(token.length)]);
    else text = Buffer.concat([before, text.subarray(random.integer(text.length + 1), place), after]);
  }
  const announced = random.uniform() < 0.05 ? BigInt(random.uint32()) << BigInt(random.integer(33)) : undefined;
  const whole = fileBytes(text, data, announced);
  return random.uniform() < 0.1 ? whole.subarray(0, random.integer(whole.length)) : whole;
}

/** The format read with JSON.parse and a few lines; undefined if broken. */
function plainReading(file: Buffer): Map<string, Read> | undefined {
  const text = headerOf(file);
  if (!text?.startsWith('{') || !/\} *$/.test(text)) return undefined;
  let header: Record<string, unknown>;
  try {
    header = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { __metadata__: notes = {}, ...entries } = header;
  if (
    !isObject(notes) ||
    Object.entries(notes)
      .flat()
      .some((note) => !isText(note))
  )
    return undefined;
  const places: [string, Read][] = [];
  for (const [name, entry] of Object.entries(entries)) {
    if (!isText(name) || !isObject(entry) || Object.keys(entry).length !== 3) return undefined;
    const { dtype: type, shape, data_offsets: offsets } = entry;
    if (!isText(type) || !isStorageType(type) || !areSizes(shape) || !areSizes(offsets)) return undefined;
    const [from, to] = offsets;
    if (offsets.length !== 2 || from === undefined || to === undefined) return undefined;
    const bits = shape.reduce((product, length) => product * length, storageType(type).bits);
    if (bits !== (to - from) * 8) return undefined;
    places.push([name, { type, shape, from, to }]);
  }
  places.sort(([, one], [, other]) => one.from - other.from || one.to - other.to);
  let end = 8 + Buffer.byteLength(text);
  for (const [, { from, to }] of places) {
    if (8 + Buffer.byteLength(text) + from !== end) return undefined;
    end += to - from;
  }
  return end === file.length ? new Map(places) : undefined;
}

function headerOf(file: Buffer): string | undefined {
  if (file.length < 8 || file.readBigUInt64LE() > BigInt(file.length - 8)) return undefined;
  const header = file.subarray(8, 8 + Number(file.readBigUInt64LE()));
  const text = header.toString('utf8');
  return Buffer.from(text).equals(header) ? text : undefined;
}

/** Written as JSON.stringify would write it: no duplicate keys, no number in another spelling. */
function isCanonical(file: Buffer): boolean {
  const text = headerOf(file)?.trimEnd() ?? '';
  return JSON.stringify(JSON.parse(text)) === text;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && !/\p{Surrogate}/u.test(value);
}

function areSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0 && !Object.is(size, -0));
}
