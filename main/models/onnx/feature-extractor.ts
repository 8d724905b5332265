/**
 * An ONNX network as a feature extractor ("eyes"): from pictures to one vector each. Its description contains
 * everything that the features depend on, so that it can be part of a run's name; it is guessed from the file
 * (`describeExtractor`) and can be corrected by the user.
 */
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { at } from '../../at.ts';
import {
  type ForeignInput,
  type ForeignOptions,
  type ForeignOutput,
  ForeignSession,
} from '../../engines/onnxruntime/foreign-session.ts';
import { ExpectedFailure } from '../../failure.ts';
import { valueAt } from '../../value-at.ts';
import { type FeatureChoice, guessFeatures } from './feature-output.ts';
import { type OnnxStructure, readOnnxStructure, withOutputs } from './onnx-file.ts';
import {
  fromHuggingFace,
  fromUnderstudy,
  guessPreset,
  type Preprocessing,
  preprocessingSchema,
  presets,
} from './preprocessing.ts';
import { readWholeOnnx } from './whole-onnx.ts';

export class ExtractorUnclear extends ExpectedFailure {}

/** How an output becomes one vector. */
const poolings = ['none', 'firstToken', 'meanOfTokens', 'meanOfPlaces'] as const;
export type Pooling = (typeof poolings)[number];

export const extractorSchema = z.object({
  preprocessing: preprocessingSchema,
  tensor: z.string(),
  pooling: z.enum(poolings),
  dimension: z.int().min(1),
});

export type Extractor = z.infer<typeof extractorSchema>;

export interface DescribedExtractor {
  readonly extractor: Extractor;
  /** How each part was determined, in sentences for the user. */
  readonly reasons: readonly string[];
  /** False if something was guessed without any indication in the file. */
  readonly sure: boolean;
}

const DEFAULT_SIZE_PX = 224;
/** A class token and a square of patches, with or without DINOv2's four registers. */
const TOKENS_BEFORE_PATCHES = [1, 5];

/**
 * @param wanted the tensor that the user names. Throws `OnnxUnreadable`, `ForeignNetworkUnfit`, and `ExtractorUnclear`
 * if no embedding can be found.
 */
export async function describeExtractor(
  path: string,
  options: ForeignOptions,
  wanted?: string,
): Promise<DescribedExtractor> {
  const file = await readWholeOnnx(path);
  const structure = readOnnxStructure(path, file);
  const choice = wanted === undefined ? guessFeatures(structure) : named(path, structure, wanted);
  if (!choice) {
    throw new ExtractorUnclear(
      `${path} has several outputs (${structure.outputs.join(', ')}), none of which is called an embedding: name the one to use with --output.`,
    );
  }
  const session = await ForeignSession.open(path, withOutputs(file, added(structure.outputs, choice)), options);
  try {
    const { preprocessing, reason, sure } = await shownAs(path, structure, session.input);
    const output = session.outputs.find(({ name }) => name === choice.tensor);
    if (!output)
      throw new ExtractorUnclear(`${path} does not give its tensor “${choice.tensor}”: name another with --output.`);
    const { pooling, dimension } = await measured(session, output, preprocessing.sizePx);
    return {
      extractor: { preprocessing, tensor: choice.tensor, pooling, dimension },
      reasons: [`Its vector is “${choice.tensor}” (${choice.reason}), ${dimension} numbers.`, reason],
      sure,
    };
  } finally {
    await session.close();
  }
}

function named(path: string, { nodes, outputs }: OnnxStructure, tensor: string): FeatureChoice {
  if (nodes.some((node) => node.outputs.includes(tensor))) return { tensor, reason: 'as asked', logits: undefined };
  throw new ExtractorUnclear(
    `${path} has no tensor “${tensor}”: its outputs are ${outputs.join(', ')}; name one with --output.`,
  );
}

/** A network's preprocessing, where it is known from, and whether anything specifies it. */
export async function shownAs(
  path: string,
  structure: OnnxStructure,
  input: ForeignInput,
): Promise<{ readonly preprocessing: Preprocessing; readonly reason: string; readonly sure: boolean }> {
  const { metadata } = structure;
  const beside = await readFile(join(dirname(path), 'preprocessor_config.json'), 'utf8').catch(() => '');
  const [told, found] = [fromUnderstudy(metadata.get('preprocessing') ?? ''), fromHuggingFace(beside)];
  const guess = guessPreset([basename(path), ...metadata.values(), ...metadata.keys()]);
  const known = told ?? found;
  const sizePx = input.sizePx ?? known?.sizePx ?? DEFAULT_SIZE_PX;
  const preprocessing = { ...(known ?? presets[guess.preset]), sizePx };
  if (told) return { preprocessing, reason: 'Pictures are preprocessed as the file says.', sure: true };
  if (found)
    return {
      preprocessing,
      reason: 'Pictures are preprocessed as preprocessor_config.json beside it says.',
      sure: true,
    };
  if (input.numbers === 'uint8' || input.numbers === 'int8') {
    return { preprocessing, reason: `It takes pixels as they are (${input.numbers}).`, sure: true };
  }
  const why = guess.sure ? ', by its name' : ': nothing in the file says how';
  return {
    preprocessing,
    reason: `Pictures are preprocessed as for ${guess.preset} networks${why}.`,
    sure: guess.sure,
  };
}

function added(outputs: readonly string[], { tensor }: FeatureChoice): string[] {
  return outputs.includes(tensor) ? [] : [tensor];
}

/** Sizes that depend on the picture are found by running the network on one. */
async function measured(session: ForeignSession, { name, shape }: ForeignOutput, sizePx: number) {
  const numbers = await session.tryOut(sizePx, name);
  const known = shape.filter((size) => size > 0).reduce((product, size) => product * size, 1);
  const unknown = shape.filter((size) => size === 0).length;
  const rest = numbers / known;
  const side = unknown === 2 ? Math.sqrt(rest) : rest;
  return pooled(shape.map((size) => (size > 0 ? size : side)));
}

function pooled(shape: readonly number[]): { readonly pooling: Pooling; readonly dimension: number } {
  if (shape.length === 2) {
    const [tokens, dimension] = [at(shape, 0), at(shape, 1)];
    const hasFirst = TOKENS_BEFORE_PATCHES.some((before) => Number.isInteger(Math.sqrt(tokens - before)));
    if (tokens === 1) return { pooling: 'none', dimension };
    return { pooling: hasFirst ? 'firstToken' : 'meanOfTokens', dimension };
  }
  if (shape.length === 3) {
    const places = at(shape, 1) * at(shape, 2);
    return places === 1
      ? { pooling: 'none', dimension: at(shape, 0) }
      : { pooling: 'meanOfPlaces', dimension: at(shape, 0) };
  }
  return { pooling: 'none', dimension: shape.reduce((product, size) => product * size, 1) };
}

/** The network, ready to process pictures. */
export class FeatureExtractor {
  readonly extractor: Extractor;
  /** The fixed number of pictures per run; undefined if any number is accepted. */
  readonly batch: number | undefined;
  readonly #session: ForeignSession;
  readonly #levels: readonly Float32Array[];

  private constructor(session: ForeignSession, extractor: Extractor) {
    this.#session = session;
    this.extractor = extractor;
    this.batch = session.input.batch;
    const { mean, deviation } = extractor.preprocessing;
    const raw = session.input.numbers === 'uint8' || session.input.numbers === 'int8';
    this.#levels = [0, 1, 2].map((channel) =>
      Float32Array.from({ length: 256 }, (_, level) =>
        raw ? level : (level / 255 - at(mean, channel)) / at(deviation, channel),
      ),
    );
  }

  static async open(path: string, extractor: Extractor, options: ForeignOptions): Promise<FeatureExtractor> {
    const file = await readFile(path);
    const { outputs } = readOnnxStructure(path, file);
    const model = outputs.includes(extractor.tensor) ? file : withOutputs(file, [extractor.tensor]);
    return new FeatureExtractor(await ForeignSession.open(path, model, options), extractor);
  }

  /** The side of the square that pictures are decoded to, of which the network sees the centre. */
  get decodedSizePx(): number {
    const { sizePx, cropShare } = this.extractor.preprocessing;
    return Math.round(sizePx / cropShare);
  }

  /**
   * Writes the centre of `pixels` [decoded, decoded, 3] as the `index`-th picture of `target` [batch, 3, size, size].
   */
  place(pixels: Uint8Array, target: Float32Array, index: number): void {
    const { sizePx } = this.extractor.preprocessing;
    const from = this.decodedSizePx;
    const margin = (from - sizePx) >> 1;
    const area = sizePx * sizePx;
    for (let channel = 0; channel < 3; channel++) {
      const levels = at(this.#levels, channel);
      let to = (3 * index + channel) * area;
      for (let y = 0; y < sizePx; y++) {
        let read = 3 * ((y + margin) * from + margin) + channel;
        for (let x = 0; x < sizePx; x++, read += 3) target[to++] = at(levels, at(pixels, read));
      }
    }
  }

  /** @param pictures as `place` made them; @returns [count, dimension] */
  async features(pictures: Float32Array, count: number): Promise<Float32Array> {
    const { tensor, preprocessing, pooling, dimension } = this.extractor;
    const outputs = await this.#session.run(pictures, count, preprocessing.sizePx, [tensor]);
    const numbers = valueAt(outputs, tensor);
    return POOL[pooling](numbers, count, dimension);
  }

  async close(): Promise<void> {
    await this.#session.close();
  }
}

type Pool = (numbers: Float32Array, count: number, dimension: number) => Float32Array;

const POOL: Readonly<Record<Pooling, Pool>> = {
  none: (numbers) => numbers,
  firstToken: (numbers, count, dimension) => {
    const each = numbers.length / count;
    const first = new Float32Array(count * dimension);
    for (let row = 0; row < count; row++)
      first.set(numbers.subarray(row * each, row * each + dimension), row * dimension);
    return first;
  },
  meanOfTokens: (numbers, count, dimension) => {
    const tokens = numbers.length / count / dimension;
    const means = new Float32Array(count * dimension);
    numbers.forEach((value, index) => {
      const to = Math.floor(index / (tokens * dimension)) * dimension + (index % dimension);
      means[to] = at(means, to) + value / tokens;
    });
    return means;
  },
  meanOfPlaces: (numbers, count, dimension) => {
    const places = numbers.length / count / dimension;
    const means = new Float32Array(count * dimension);
    numbers.forEach((value, index) => {
      const to = Math.floor(index / places);
      means[to] = at(means, to) + value / places;
    });
    return means;
  },
};
