/**
 * mix32 of random.ts in SQL: a seeded order that depends on the id alone. DuckDB's own hash may change with its
 * version, and a selection must not.
 */
import { mix32 } from '../random.ts';

/** An SQL expression over an integer column without negative values; equals `mix32(id ^ mix32(seed))`. */
export function shuffled(column: string, seed: number): string {
  const keyed = `xor(${column}::UBIGINT, ${mix32(seed)}::UBIGINT)`;
  return folded(multiplied(folded(multiplied(folded(keyed, 16), 0x7feb352d), 15), 0x846ca68b), 16);
}

function folded(value: string, bits: number): string {
  return `xor(${value}, ${value} >> ${bits})`;
}

/** The product of two 32-bit numbers fits into 64 bits; its lower half is what Math.imul returns. */
function multiplied(value: string, factor: number): string {
  return `((${value} * ${factor}::UBIGINT) & 4294967295::UBIGINT)`;
}
