/** Tables on the card that tell each block of a launch over many tensors which piece of which tensor it takes. */
import { at } from '../../../at.ts';

/** Elements that a block takes. */
const PIECE = 4096;

/** A word for each piece of the tensor: its index, and where the piece begins. */
export function piecesOf(index: number, count: number): bigint[] {
  return Array.from({ length: Math.ceil(count / PIECE) }, (_, piece) => pair(index, piece * PIECE));
}

/** Two 32-bit numbers as they lie in memory. */
export function pair(low: number, high: number): bigint {
  return BigInt.asUintN(32, BigInt(low)) | (BigInt.asUintN(32, BigInt(high)) << 32n);
}

export function floatBits(value: number): number {
  return at(new Uint32Array(Float32Array.of(value).buffer), 0);
}
