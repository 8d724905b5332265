/**
 * The number types of safetensors files: the lengths of all types in the specification, and conversions to float32 of
 * those used for weights, bit-exact where float32 can represent the value. Little-endian on disk, as on every processor
 * that Node supports. Source: huggingface/safetensors, safetensors/src/tensor.rs, `Dtype`.
 */

/** Writes the numbers in `raw` to `into`, from index `at` on. */
type Convert = (raw: Uint8Array, into: Float32Array, at: number) => void;

interface StorageType {
  readonly bits: number;
  /** Undefined if the numbers cannot be weights: integers, booleans, sub-byte types, pairs. */
  readonly toFloat32: Convert | undefined;
}

/** The layout of a float of 16 bits or fewer, and which codes are not numbers. */
interface SmallFloat {
  readonly exponentBits: number;
  readonly fractionBits: number;
  readonly bias: number;
  /**
   * `ieee`: the highest exponent is infinity and NaN; `finite`: only all ones are NaN; `noNegativeZero`: only −0 is.
   */
  readonly special: 'ieee' | 'finite' | 'noNegativeZero';
}

const types = {
  F64: { bits: 64, toFloat32: (raw, into, at) => into.set(new Float64Array(aligned(raw)), at) },
  F32: { bits: 32, toFloat32: (raw, into, at) => into.set(new Float32Array(aligned(raw)), at) },
  F16: { bits: 16, toFloat32: byTable(16, { exponentBits: 5, fractionBits: 10, bias: 15, special: 'ieee' }) },
  BF16: { bits: 16, toFloat32: bfloat16 },
  F8_E5M2: { bits: 8, toFloat32: byTable(8, { exponentBits: 5, fractionBits: 2, bias: 15, special: 'ieee' }) },
  F8_E4M3: { bits: 8, toFloat32: byTable(8, { exponentBits: 4, fractionBits: 3, bias: 7, special: 'finite' }) },
  F8_E5M2FNUZ: {
    bits: 8,
    toFloat32: byTable(8, { exponentBits: 5, fractionBits: 2, bias: 16, special: 'noNegativeZero' }),
  },
  F8_E4M3FNUZ: {
    bits: 8,
    toFloat32: byTable(8, { exponentBits: 4, fractionBits: 3, bias: 8, special: 'noNegativeZero' }),
  },
  // Block scales for numbers in another tensor.
  F8_E8M0: { bits: 8, toFloat32: undefined },
  F6_E2M3: { bits: 6, toFloat32: undefined },
  F6_E3M2: { bits: 6, toFloat32: undefined },
  F4: { bits: 4, toFloat32: undefined },
  C64: { bits: 64, toFloat32: undefined },
  I64: { bits: 64, toFloat32: undefined },
  U64: { bits: 64, toFloat32: undefined },
  I32: { bits: 32, toFloat32: undefined },
  U32: { bits: 32, toFloat32: undefined },
  I16: { bits: 16, toFloat32: undefined },
  U16: { bits: 16, toFloat32: undefined },
  I8: { bits: 8, toFloat32: undefined },
  U8: { bits: 8, toFloat32: undefined },
  BOOL: { bits: 8, toFloat32: undefined },
} as const satisfies Readonly<Record<string, StorageType>>;

export type StorageTypeName = keyof typeof types;

export function isStorageType(name: string): name is StorageTypeName {
  return Object.hasOwn(types, name);
}

export function storageType(name: StorageTypeName): StorageType {
  return types[name];
}

/** Uses a table of every code's value, built on first use. */
function byTable(bits: 8 | 16, layout: SmallFloat): Convert {
  let table: Uint32Array | undefined;
  return (raw, into, at) => {
    table ??= Uint32Array.from({ length: 2 ** bits }, (_, code) => float32Bits(code, layout));
    const codes = bits === 8 ? raw : new Uint16Array(aligned(raw));
    const target = new Uint32Array(into.buffer, into.byteOffset, into.length);
    for (let index = 0; index < codes.length; index++) target[at + index] = table[codes[index] as number] as number;
  };
}

function bfloat16(raw: Uint8Array, into: Float32Array, at: number): void {
  const codes = new Uint16Array(aligned(raw));
  const target = new Uint32Array(into.buffer, into.byteOffset, into.length);
  for (let index = 0; index < codes.length; index++) target[at + index] = (codes[index] as number) << 16;
}

/** The 32 bits of the float32 for a small float's code. */
function float32Bits(code: number, { exponentBits, fractionBits, bias, special }: SmallFloat): number {
  const fraction = code & (2 ** fractionBits - 1);
  const exponent = (code >> fractionBits) & (2 ** exponentBits - 1);
  const negative = code >> (fractionBits + exponentBits) === 1;
  const sign = negative ? 0x8000_0000 : 0;
  const highest = exponent === 2 ** exponentBits - 1;
  // A NaN keeps its payload and becomes quiet, as in processors' conversions.
  const quiet = fraction > 0 ? 0x0040_0000 : 0;
  if (special === 'ieee' && highest) return (sign | 0x7f80_0000 | quiet | (fraction << (23 - fractionBits))) >>> 0;
  if (special === 'finite' && highest && fraction === 2 ** fractionBits - 1) return (sign | 0x7fc0_0000) >>> 0;
  if (special === 'noNegativeZero' && negative && exponent === 0 && fraction === 0) return 0xffc0_0000;
  const scale = 2 ** -fractionBits;
  const value = exponent === 0 ? fraction * scale * 2 ** (1 - bias) : (1 + fraction * scale) * 2 ** (exponent - bias);
  const bits = new DataView(new ArrayBuffer(4));
  bits.setFloat32(0, negative ? -value : value);
  return bits.getUint32(0);
}

/** Copies the bytes, since typed arrays of any width need an aligned buffer. */
function aligned(raw: Uint8Array): ArrayBuffer {
  return raw.slice().buffer;
}
