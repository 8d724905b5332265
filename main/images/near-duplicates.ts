/**
 * Finds the images that are near-copies of one another. Two hashes at most 3 bits apart agree in at least one of four
 * 16-bit bands (multi-index hashing, Norouzi et al., 2012), so that only images that share a band are compared.
 */
import { FINGERPRINT_BYTES } from './fingerprint.ts';

/** The largest distance of two copies: bits of the hash, and the mean difference of the colour cells in levels. */
const MOST_BITS = 3;
const MOST_COLOUR_LEVELS = 8;

const HASH_BYTES = 8;
const BANDS = 4;
const BITS_SET = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length);

export class NearDuplicateIndex {
  readonly #bands: Map<number, number[]>[] = Array.from({ length: BANDS }, () => new Map());
  readonly #ids: number[] = [];
  readonly #fingerprints: Uint8Array[] = [];

  add(id: number, fingerprint: Uint8Array): void {
    const entry = this.#ids.push(id) - 1;
    this.#fingerprints.push(fingerprint);
    this.#bands.forEach((entries, band) => {
      const key = bandKey(fingerprint, band);
      const known = entries.get(key);
      if (known) known.push(entry);
      else entries.set(key, [entry]);
    });
  }

  /** The ids of all added images that are near-copies of the one with this fingerprint. */
  find(fingerprint: Uint8Array): number[] {
    const found = new Set<number>();
    this.#bands.forEach((entries, band) => {
      for (const entry of entries.get(bandKey(fingerprint, band)) ?? []) {
        if (areNearDuplicates(fingerprint, this.#fingerprints[entry] as Uint8Array))
          found.add(this.#ids[entry] as number);
      }
    });
    return [...found];
  }
}

export function areNearDuplicates(a: Uint8Array, b: Uint8Array): boolean {
  let bits = 0;
  for (let i = 0; i < HASH_BYTES; i++) bits += BITS_SET[(a[i] as number) ^ (b[i] as number)] as number;
  if (bits > MOST_BITS) return false;
  let levels = 0;
  for (let i = HASH_BYTES; i < FINGERPRINT_BYTES; i++) levels += Math.abs((a[i] as number) - (b[i] as number));
  return levels <= MOST_COLOUR_LEVELS * (FINGERPRINT_BYTES - HASH_BYTES);
}

function bandKey(fingerprint: Uint8Array, band: number): number {
  return ((fingerprint[2 * band] as number) << 8) | (fingerprint[2 * band + 1] as number);
}
