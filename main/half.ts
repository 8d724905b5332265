/** IEEE half precision (16 bits), which networks compute in and embeddings are kept in; Node 20 has no Float16Array. */
import { at } from './at.ts';

const SCRATCH = new Float32Array(1);
const BITS = new Uint32Array(SCRATCH.buffer);

const LEAST_NORMAL = 0x3880_0000;
const INFINITE = 0x4780_0000;
const SINGLE_INFINITY = 0x7f80_0000;

/** To the nearest half, ties to even; beyond ±65,504 to infinity. */
export function toHalf(values: Float32Array): Uint16Array<ArrayBuffer> {
  const halves = new Uint16Array(values.length);
  for (let index = 0; index < values.length; index++) halves[index] = halfOf(at(values, index));
  return halves;
}

export function fromHalf(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const table = singles();
  const values = new Float32Array(halves.length);
  for (let index = 0; index < halves.length; index++) values[index] = at(table, at(halves, index));
  return values;
}

function halfOf(value: number): number {
  SCRATCH[0] = value;
  const bits = at(BITS, 0);
  const sign = (bits >>> 16) & 0x8000;
  const size = bits & 0x7fff_ffff;
  if (size > SINGLE_INFINITY) return sign | 0x7e00;
  if (size >= INFINITE) return sign | 0x7c00;
  if (size >= LEAST_NORMAL) {
    // The exponent's bias goes from 127 to 15; what is cut off rounds, and may carry into the exponent, up to infinity.
    const shifted = size - (112 << 23);
    return sign | ((shifted + 0xfff + ((shifted >>> 13) & 1)) >>> 13);
  }
  // Subnormal: multiples of 2^-24.
  const scaled = Math.abs(at(SCRATCH, 0)) * 2 ** 24;
  const floor = Math.floor(scaled);
  const rest = scaled - floor;
  return sign | (rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor);
}

let known: Float32Array | undefined;

/** The value of each of the 65,536 halves. */
function singles(): Float32Array {
  known ??= Float32Array.from({ length: 2 ** 16 }, (_, half) => {
    const exponent = (half >> 10) & 0x1f;
    const fraction = half & 0x3ff;
    const size =
      exponent === 31
        ? fraction
          ? Number.NaN
          : Number.POSITIVE_INFINITY
        : exponent === 0
          ? fraction * 2 ** -24
          : (1 + fraction / 1024) * 2 ** (exponent - 15);
    return half & 0x8000 ? -size : size;
  });
  return known;
}
