/** Numbers as files hold them, under safetensors' names of their types, little-endian; read into float32. */
import { at } from '../at.ts';

interface NumberFormat {
  readonly bytes: number;
  /** Undefined for numbers that no weight is made of. */
  readonly toFloat32?: (raw: Buffer) => Float32Array<ArrayBuffer>;
}

const FORMATS: ReadonlyMap<string, NumberFormat> = new Map<string, NumberFormat>([
  ['F64', { bytes: 8, toFloat32: (raw) => Float32Array.from(new Float64Array(aligned(raw, 8))) }],
  ['F32', { bytes: 4, toFloat32: (raw) => new Float32Array(aligned(raw, 4)) }],
  ['F16', { bytes: 2, toFloat32: (raw) => widened(raw, halfBits) }],
  ['BF16', { bytes: 2, toFloat32: (raw) => widened(raw, (half) => half << 16) }],
  ['I64', { bytes: 8 }],
  ['I32', { bytes: 4 }],
  ['I16', { bytes: 2 }],
  ['I8', { bytes: 1 }],
  ['U64', { bytes: 8 }],
  ['U32', { bytes: 4 }],
  ['U16', { bytes: 2 }],
  ['U8', { bytes: 1 }],
  ['BOOL', { bytes: 1 }],
  ['F8_E4M3', { bytes: 1 }],
  ['F8_E5M2', { bytes: 1 }],
  ['C64', { bytes: 8 }],
  ['C128', { bytes: 16 }],
]);

/** Undefined for a type that is not known. */
export function bytesOfNumber(dtype: string): number | undefined {
  return FORMATS.get(dtype)?.bytes;
}

/** Whether weights may be made of such numbers. */
export function isFloating(dtype: string): boolean {
  return FORMATS.get(dtype)?.toFloat32 !== undefined;
}

/** Exact for 16-bit types, rounded for F64. A buffer that is aligned is used as it is. Throws for types that are no floats. */
export function toFloat32(dtype: string, raw: Buffer): Float32Array<ArrayBuffer> {
  const format = FORMATS.get(dtype);
  if (!format?.toFloat32) throw new TypeError(`numbers of the type ${dtype} are no floats`);
  return format.toFloat32(raw);
}

/** The same bytes where typed arrays of this width can view them: a copy only where they lie askew. */
function aligned(raw: Buffer, width: number): ArrayBuffer {
  const whole = raw.byteOffset === 0 && raw.byteLength === raw.buffer.byteLength;
  if (whole && raw.buffer instanceof ArrayBuffer && raw.byteLength % width === 0) return raw.buffer;
  return raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.byteLength) as ArrayBuffer;
}

function widened(raw: Buffer, toBits: (half: number) => number): Float32Array<ArrayBuffer> {
  const halves = new Uint16Array(aligned(raw, 2));
  const bits = new Uint32Array(halves.length);
  for (let index = 0; index < halves.length; index++) bits[index] = toBits(at(halves, index));
  return new Float32Array(bits.buffer);
}

/** IEEE half precision as the bits of the same number in single precision, with the same payload of a NaN. */
function halfBits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 31) return sign | 0x7f800000 | (fraction << 13);
  if (exponent !== 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // Subnormal halves are normal singles.
  const shift = Math.clz32(fraction) - 21;
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
}
