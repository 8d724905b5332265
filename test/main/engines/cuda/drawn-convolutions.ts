/**
 * Convolutions over random shapes: odd sizes, strides, dilations, a batch of one, channels that do not fill a pack, results that
 * do not fill a tile; and their results in float64 for inputs that bfloat16 can represent.
 */
import { at } from '../../../../main/at.ts';
import { elementCount, type Shape } from '../../../../main/graph/program.ts';
import { CounterRandom } from '../../../../main/random.ts';

const SEED = 8;

export interface Drawn {
  readonly x: Shape;
  readonly weight: Shape;
  readonly y: Shape;
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
  readonly groups: number;
}

export function draw(index: number): Drawn {
  const random = new CounterRandom(SEED, index);
  const oneOf = <T>(...choices: readonly T[]): T => at(choices, random.integer(choices.length));
  const [kernel, dilation] = [oneOf(1, 3, 3, 5, 7), oneOf(1, 1, 1, 2)];
  const [stride, padding] = [oneOf(1, 2, 2, 3), oneOf(0, Math.floor(kernel / 2))];
  const reach = (kernel - 1) * dilation + 1;
  const grouped = index % 2 === 1;
  const channelsAGroup = grouped ? oneOf(4, 8, 16, 32) : oneOf(3, 8, 20, 40, 72);
  const groups = grouped ? oneOf(2, 3, 5) : 1;
  const filters = grouped ? channelsAGroup * groups : oneOf(5, 16, 70, 130);
  const sizes = [5, 6].map((least) => Math.max(least, reach - 2 * padding) + random.integer(5));
  const out = sizes.map((size) => Math.floor((size + 2 * padding - reach) / stride) + 1);
  const batch = oneOf(1, 1, 3);
  return {
    ...{ stride, padding, dilation, groups },
    x: [batch, channelsAGroup * groups, ...sizes],
    weight: [filters, channelsAGroup, kernel, kernel],
    y: [batch, filters, ...out],
  };
}

/** "[1,3,5,6] by [5,3,1,1], …" */
export function drawnName(drawn: Drawn): string {
  return `[${drawn.x}] by [${drawn.weight}], stride ${drawn.stride}, padding ${drawn.padding}, dilation ${drawn.dilation}, ${drawn.groups} groups`;
}

export function attributesOf({ stride, padding, dilation, groups }: Drawn) {
  return { strides: [stride, stride], padding: [padding, padding], dilations: [dilation, dilation], groups };
}

type Numbers = ArrayLike<number>;

/** Computes every product of a convolution once, and adds it to everything it contributes to. */
export function reference(
  { x, weight, y, stride, padding, dilation, groups }: Drawn,
  image: Numbers,
  filter: Numbers,
  dy: Numbers,
) {
  const [batch, channels, height, width] = x as [number, number, number, number];
  const [filters, channelsAGroup, kernel] = weight as [number, number, number];
  const [, , outHeight, outWidth] = y as [number, number, number, number];
  const made = {
    y: new Float64Array(elementCount(y)),
    dx: new Float64Array(elementCount(x)),
    dWeight: new Float64Array(elementCount(weight)),
  };
  const filtersAGroup = filters / groups;
  for (let n = 0; n < batch; n++)
    for (let k = 0; k < filters; k++)
      for (let c = 0; c < channelsAGroup; c++)
        for (let r = 0; r < kernel; r++)
          for (let s = 0; s < kernel; s++)
            for (let oh = 0; oh < outHeight; oh++)
              for (let ow = 0; ow < outWidth; ow++) {
                const [h, w] = [oh * stride - padding + r * dilation, ow * stride - padding + s * dilation];
                if (h < 0 || w < 0 || h >= height || w >= width) continue;
                const channel = Math.floor(k / filtersAGroup) * channelsAGroup + c;
                const atX = ((n * channels + channel) * height + h) * width + w;
                const atWeight = ((k * channelsAGroup + c) * kernel + r) * kernel + s;
                const atY = ((n * filters + k) * outHeight + oh) * outWidth + ow;
                const [a, b, d] = [image[atX] as number, filter[atWeight] as number, dy[atY] as number];
                made.y[atY] = (made.y[atY] as number) + a * b;
                made.dx[atX] = (made.dx[atX] as number) + d * b;
                made.dWeight[atWeight] = (made.dWeight[atWeight] as number) + d * a;
              }
  return made;
}

/** Numbers that bfloat16 can represent. */
export function roundedDraws(random: CounterRandom, shape: Shape): Float32Array {
  const values = Float32Array.from({ length: elementCount(shape) }, () => random.normal());
  const bits = new Uint32Array(values.buffer);
  for (let index = 0; index < bits.length; index++) bits[index] = (bits[index] as number) & 0xffff0000;
  return values;
}

/** The nearest number that bfloat16 can represent. */
export function toNearestHalf(value: number): number {
  const float = Float32Array.of(value);
  const bits = new Uint32Array(float.buffer);
  const word = at(bits, 0);
  bits[0] = (word + 0x7fff + ((word >>> 16) & 1)) & 0xffff0000;
  return at(float, 0);
}

export function relativeError(found: Float32Array, wanted: Float64Array): number {
  let [difference, size] = [0, 0];
  for (const [index, value] of wanted.entries()) {
    difference += ((found[index] ?? Number.NaN) - value) ** 2;
    size += value ** 2;
  }
  return Math.sqrt(difference / size);
}
