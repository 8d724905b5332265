/** IEEE half precision (16 bits), in which networks compute and embeddings are stored; Node 20 has no Float16Array. */
import { at } from './at.ts';

const SCRATCH = new Float32Array(1);
const BITS = new Uint32Array(SCRATCH.buffer);

const LEAST_NORMAL = 0x3880_0000;
const INFINITE = 0x4780_0000;
const SINGLE_INFINITY = 0x7f80_0000;

/** Rounds to the nearest half, ties to even; magnitudes above 65,504 become infinite. */
export function toHalf(values: Float32Array): Uint16Array<ArrayBuffer> {
  const halves = new Uint16Array(values.length);
  for (let index = 0; index < values.length; index++) halves[index] = halfOf(at(values, index));
  return halves;
}

/** Moves the exponent from a half's bias, 15, to a single's, 127. */
const REBIASED = 2 ** 112;

/** The single-precision value of every half, built on first use. */
let singles: Float32Array | undefined;

/** @param values the destination, filled from index `first` on; a new array by default */
export function fromHalf(
  halves: Uint16Array,
  values: Float32Array<ArrayBuffer> = new Float32Array(halves.length),
  first = 0,
): Float32Array<ArrayBuffer> {
  singles ??= everySingle();
  const known = singles;
  for (let index = 0; index < halves.length; index++) values[first + index] = known[halves[index] as number] as number;
  return values;
}

function everySingle(): Float32Array {
  const values = new Float32Array(2 ** 16);
  const bits = new Int32Array(values.buffer);
  for (let half = 0; half < values.length; half++) {
    bits[half] = ((half & 0x8000) << 16) | ((half & 0x7fff) << 13);
    if ((half & 0x7c00) === 0x7c00) bits[half] = at(bits, half) | SINGLE_INFINITY;
    else values[half] = at(values, half) * REBIASED;
  }
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
    // The exponent's bias goes from 127 to 15; the bits cut off are rounded, which may carry into the exponent, up to
    // infinity.
    const shifted = size - (112 << 23);
    return sign | ((shifted + 0xfff + ((shifted >>> 13) & 1)) >>> 13);
  }
  // Subnormal: multiples of 2^-24.
  const scaled = Math.abs(at(SCRATCH, 0)) * 2 ** 24;
  const floor = Math.floor(scaled);
  const rest = scaled - floor;
  return sign | (rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor);
}
