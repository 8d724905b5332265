/**
 * The guards of the selection: an unlabelled image that repeats a held-out one would leak the answer into training, and
 * near-copies of one image would fill a class's top K with one picture.
 */
import { at } from '../at.ts';
import { NearDuplicateIndex } from './near-duplicates.ts';
import { type ComparedPictures, NearPictures } from './near-pictures.ts';
import { openPixelCache, type PixelCache } from './pixel-cache.ts';

export interface ComparedImages {
  /** Sorted; when compared with one another, the first of the copies stays. */
  readonly candidates: Int32Array;
  readonly heldOut: Int32Array;
  readonly cache: { readonly cacheDirectory: string; readonly cacheSizePx: number };
}

export interface Guards {
  readonly leakGuard: boolean;
  readonly nearDuplicateGuard: boolean;
}

export interface RepeatsRequest {
  readonly images: ComparedImages;
  readonly guards: Guards;
}

/** Sorted ids of the candidates to leave out. */
export interface FoundRepeats {
  readonly excluded: Int32Array;
  /** Those of them that repeat a held-out image. */
  readonly leaks: Int32Array;
}

/**
 * Images that are not in the cache are skipped. `between` is called again and again between comparisons, and may throw.
 * Takes about 120 bytes of memory per image.
 */
export function repeatsAmong(
  images: ComparedImages,
  guards: Guards,
  between: () => void = () => {},
  open: (directory: string, sizePx: number) => KnownFingerprints = openPixelCache,
): FoundRepeats {
  if (!guards.leakGuard && !guards.nearDuplicateGuard) return { excluded: NO_IDS, leaks: NO_IDS };
  const heldOut = guards.leakGuard ? images.heldOut : NO_IDS;
  const { pictures, ids, held } = fingerprintsOf({ ...images, heldOut }, between, open);
  const compared = pictures.compared(between);
  const [excluded, leaks] = [new Ids(), new Ids()];
  // Images in different sets are not near each other, so each set can be decided by itself.
  for (const places of compared.sets.several()) {
    between();
    for (const { picture, isLeak } of repeatsIn(places, compared, { ...guards, held })) {
      const id = at(ids, picture);
      excluded.add(id);
      if (isLeak) leaks.add(id);
    }
  }
  return { excluded: excluded.sorted(), leaks: leaks.sorted() };
}

const NO_IDS = new Int32Array();

type KnownFingerprints = Pick<PixelCache, 'has' | 'fingerprint' | 'close'>;

interface Fingerprinted {
  readonly pictures: NearPictures;
  /** Of each picture. */
  readonly ids: Int32Array;
  /** The number of held-out images: they come first. */
  readonly held: number;
}

function fingerprintsOf(
  { candidates, heldOut, cache }: ComparedImages,
  between: () => void,
  open: (directory: string, sizePx: number) => KnownFingerprints,
): Fingerprinted {
  const pictures = new NearPictures();
  const ids = new Int32Array(heldOut.length + candidates.length);
  const pixels = open(cache.cacheDirectory, cache.cacheSizePx);
  try {
    const add = (own: Int32Array) => {
      for (const id of own) {
        between();
        if (pixels.has(id)) ids[pictures.add(pixels.fingerprint(id))] = id;
      }
    };
    add(heldOut);
    const held = pictures.count;
    add(candidates);
    return { pictures, ids, held };
  } finally {
    pixels.close();
  }
}

/** Decides in order of the candidates: one is left out if it is near a held-out image, or one before it that stays. */
function* repeatsIn(
  places: readonly number[],
  { order, print }: ComparedPictures,
  { held, nearDuplicateGuard }: Guards & Pick<Fingerprinted, 'held'>,
): Generator<{ readonly picture: number; readonly isLeak: boolean }> {
  const inOrder = places.toSorted((a, b) => at(order, a) - at(order, b));
  const [heldOut, staying] = [new NearDuplicateIndex(), new NearDuplicateIndex()];
  for (const place of inOrder) {
    const [picture, fingerprint] = [at(order, place), print(place)];
    if (picture < held) heldOut.add(fingerprint);
    else if (heldOut.has(fingerprint)) yield { picture, isLeak: true };
    else if (nearDuplicateGuard) {
      if (staying.has(fingerprint)) yield { picture, isLeak: false };
      else staying.add(fingerprint);
    }
  }
}

/** A growing list of ids, four to eight bytes each. */
class Ids {
  #ids = new Int32Array(1024);
  #count = 0;

  add(id: number): void {
    if (this.#count === this.#ids.length) {
      const grown = new Int32Array(2 * this.#count);
      grown.set(this.#ids);
      this.#ids = grown;
    }
    this.#ids[this.#count++] = id;
  }

  sorted(): Int32Array {
    return this.#ids.slice(0, this.#count).sort();
  }
}
