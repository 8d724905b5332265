/**
 * Runs an ONNX network made elsewhere. Its input format (layout, number type, sizes, batch size) is read from the file;
 * the caller passes pictures as float32, channels first, and gets float32.
 */

import { at } from '../../at.ts';
import { ExpectedFailure, messageOf } from '../../failure.ts';
import { fromHalf, toHalf } from '../../half.ts';
import { executionProvider } from './providers.ts';
import { InferenceSession, Tensor } from './runtime.ts';

export class ForeignNetworkUnfit extends ExpectedFailure {}

export interface ForeignInput {
  readonly name: string;
  readonly layout: 'channelsFirst' | 'channelsLast';
  readonly numbers: 'float32' | 'float16' | 'uint8' | 'int8';
  /** Undefined if any size is accepted. */
  readonly sizePx: number | undefined;
  /** Undefined if any number of pictures is accepted. */
  readonly batch: number | undefined;
}

export interface ForeignOutput {
  readonly name: string;
  /** Without the batch; 0 for sizes that depend on the picture. */
  readonly shape: readonly number[];
}

export interface ForeignOptions {
  readonly provider: string;
  readonly threads?: number | undefined;
}

const CHANNELS = 3;
const NUMBERS = ['float32', 'float16', 'uint8', 'int8'] as const;

export class ForeignSession {
  readonly input: ForeignInput;
  readonly outputs: readonly ForeignOutput[];
  readonly #path: string;
  readonly #session: InferenceSession;

  private constructor(path: string, session: InferenceSession, input: ForeignInput) {
    this.#path = path;
    this.#session = session;
    this.input = input;
    this.outputs = session.outputMetadata.flatMap((output) =>
      output.isTensor ? [{ name: output.name, shape: output.shape.slice(1).map(sizeOr(0)) }] : [],
    );
  }

  /**
   * `model`: the file's path, for networks whose weights are stored beside it, or its bytes. Throws
   * `ForeignNetworkUnfit`.
   */
  static async open(path: string, model: Uint8Array | string, options: ForeignOptions): Promise<ForeignSession> {
    const session = await created(path, model, options);
    try {
      return new ForeignSession(path, session, inputOf(path, session));
    } catch (error) {
      await session.release();
      throw error;
    }
  }

  /**
   * @param pictures [count, 3, sizePx, sizePx]: from 0 to 255 for a network that takes integers, normalised for others
   * @returns for each wanted output the numbers of all pictures, row-major
   */
  async run(
    pictures: Float32Array,
    count: number,
    sizePx: number,
    wanted: readonly string[],
  ): Promise<Map<string, Float32Array>> {
    const outputs = await this.#session.run({ [this.input.name]: this.#tensor(pictures, count, sizePx) }, [...wanted]);
    return new Map(wanted.map((name) => [name, toFloat32(name, outputs[name])]));
  }

  /**
   * Runs the network on black pictures, since one that loads may still fail to run; returns the numbers per picture.
   * Throws `ForeignNetworkUnfit`.
   */
  async tryOut(sizePx: number, wanted: string): Promise<number> {
    const count = this.input.batch ?? 1;
    try {
      const black = new Float32Array(count * CHANNELS * sizePx * sizePx);
      const outputs = await this.run(black, count, sizePx, [wanted]);
      return (outputs.get(wanted)?.length ?? 0) / count;
    } catch (error) {
      if (error instanceof ExpectedFailure) throw error;
      throw notRun(this.#path, error);
    }
  }

  async close(): Promise<void> {
    await this.#session.release();
  }

  #tensor(pictures: Float32Array, count: number, sizePx: number): Tensor {
    const { layout, numbers } = this.input;
    const first = layout === 'channelsFirst';
    const ordered = first ? pictures : channelsLast(pictures, count, sizePx);
    const dims = first ? [count, CHANNELS, sizePx, sizePx] : [count, sizePx, sizePx, CHANNELS];
    if (numbers === 'float32') return new Tensor('float32', ordered, dims);
    if (numbers === 'uint8') return new Tensor('uint8', Uint8Array.from(ordered, Math.round), dims);
    // Quantising converters shift the range: −128 is black.
    if (numbers === 'int8')
      return new Tensor(
        'int8',
        Int8Array.from(ordered, (value) => Math.round(value) - 128),
        dims,
      );
    return new Tensor('float16', toHalf(ordered), dims);
  }
}

async function created(path: string, model: Uint8Array | string, { provider, threads }: ForeignOptions) {
  const options = {
    executionProviders: [executionProvider(provider)],
    logSeverityLevel: 3 as const,
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
  };
  try {
    return typeof model === 'string'
      ? await InferenceSession.create(model, options)
      : await InferenceSession.create(model, options);
  } catch (error) {
    throw notRun(path, error);
  }
}

function notRun(path: string, error: unknown): ForeignNetworkUnfit {
  const why = `${path} cannot be run: ${firstLine(error)}; export the network again, with standard ONNX operators.`;
  return new ForeignNetworkUnfit(why, { cause: error });
}

function inputOf(path: string, { inputMetadata }: InferenceSession): ForeignInput {
  const pictures = inputMetadata.filter((input) => input.isTensor && input.shape.length === 4);
  const [picture, more] = pictures;
  if (!picture?.isTensor || more || inputMetadata.length !== 1) {
    const names = inputMetadata.map(({ name }) => name).join(', ');
    throw new ForeignNetworkUnfit(
      `${path} takes more or other things than one picture (${names}): export the part of it that looks at images.`,
    );
  }
  const numbers = NUMBERS.find((known) => known === picture.type);
  if (!numbers) {
    throw new ForeignNetworkUnfit(`${path} takes pictures as ${picture.type}: export it for float32 or uint8.`);
  }
  const sizes = picture.shape.map(sizeOr(undefined));
  const layout = layoutOf(path, sizes);
  const [height, width] = layout === 'channelsFirst' ? sizes.slice(2) : sizes.slice(1, 3);
  if (height !== width) {
    throw new ForeignNetworkUnfit(
      `${path} takes pictures of ${height} × ${width}: only square pictures are supported.`,
    );
  }
  const [batch] = sizes;
  return { name: picture.name, layout, numbers, sizePx: height, batch };
}

function layoutOf(path: string, [, second, , fourth]: readonly (number | undefined)[]): ForeignInput['layout'] {
  if (second === CHANNELS) return 'channelsFirst';
  if (fourth === CHANNELS) return 'channelsLast';
  if (second === undefined && fourth === undefined) return 'channelsFirst';
  throw new ForeignNetworkUnfit(`${path} does not take colour pictures: a network for colour images is needed.`);
}

/** A named size depends on the call. */
function sizeOr<Other>(other: Other): (size: number | string) => number | Other {
  return (size) => (typeof size === 'number' && size > 0 ? size : other);
}

function channelsLast(pictures: Float32Array, count: number, sizePx: number): Float32Array {
  const area = sizePx * sizePx;
  const turned = new Float32Array(count * CHANNELS * area);
  for (let picture = 0; picture < count; picture++) {
    for (let channel = 0; channel < CHANNELS; channel++) {
      const from = (picture * CHANNELS + channel) * area;
      for (let place = 0; place < area; place++) {
        turned[(picture * area + place) * CHANNELS + channel] = at(pictures, from + place);
      }
    }
  }
  return turned;
}

function toFloat32(name: string, tensor: Tensor | undefined): Float32Array {
  if (tensor?.data instanceof Float32Array) return tensor.data;
  if (tensor?.type === 'float16') return fromHalf(Uint16Array.from(tensor.data as ArrayLike<number>));
  if (tensor && tensor.type !== 'string' && tensor.type !== 'bool')
    return Float32Array.from(tensor.data as never, Number);
  throw new ForeignNetworkUnfit(`The network's output “${name}” does not consist of numbers: choose another.`);
}

function firstLine(error: unknown): string {
  return at(messageOf(error).split('\n'), 0);
}
