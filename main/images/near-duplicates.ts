/** A growing set of pictures that can be asked for near-copies of another one. */
import { at } from '../at.ts';
import { ColourTree, coloursOf, type Sought } from './colour-tree.ts';
import { HashClasses } from './hash-classes.ts';
import { areNearDuplicates, Fingerprints, halvesOf, MOST_APART } from './near-fingerprints.ts';

/** As many pictures or fewer are compared one by one. */
const FEW = 64;

/**
 * Finds a near-copy by its hash (hash-classes.ts) and its colours (colour-tree.ts). Takes about a kilobyte of memory per
 * picture; near-pictures.ts compares large collections.
 */
export class NearDuplicateIndex {
  #few: Uint8Array[] | undefined = [];
  #images: NearImages | undefined;

  add(fingerprint: Uint8Array): void {
    if (this.#few && this.#few.length < FEW) {
      this.#few.push(fingerprint.slice());
      return;
    }
    this.#images ??= new NearImages();
    for (const print of [...(this.#few ?? []), fingerprint]) this.#images.insert(print);
    this.#few = undefined;
  }

  has(fingerprint: Uint8Array): boolean {
    if (this.#few) return this.#few.some((print) => areNearDuplicates(print, fingerprint));
    return this.#images?.has(fingerprint) ?? false;
  }
}

/** All images with the same hash; their brightness steps as a bit mask. */
interface OfOneHash {
  readonly tree: ColourTree;
  steps: number;
}

class NearImages {
  readonly #prints = new Fingerprints();
  readonly #hashes = new HashClasses();
  /** Indexed by the number of the hash. */
  readonly #classes: OfOneHash[] = [];

  insert(print: Uint8Array): void {
    const { sums } = coloursOf(print);
    const own = this.#classOf(print);
    own.tree.insert(this.#prints.add(print), sums);
    own.steps |= 1 << stepOf(at(sums, 0));
  }

  has(print: Uint8Array): boolean {
    const sought: Sought = { print, ...coloursOf(print), isOf: () => false, areOne: () => false };
    const [first, second] = halvesOf(print);
    const own = this.#hashes.find(first, second);
    // Where a copy is most likely.
    if (own !== undefined && at(this.#classes, own).tree.find(sought, () => true)) return true;
    const wanted = stepsAround(at(sought.sums, 0));
    for (const near of this.#hashes.near(first, second)) {
      const { tree, steps } = this.#classes[near] as OfOneHash;
      // Most classes have no image of about that brightness.
      if ((steps & wanted) !== 0 && near !== own && tree.find(sought, () => true)) return true;
    }
    return false;
  }

  #classOf(print: Uint8Array): OfOneHash {
    const number = this.#hashes.add(...halvesOf(print));
    const known = this.#classes[number];
    if (known) return known;
    const own: OfOneHash = { tree: new ColourTree(this.#prints), steps: 0 };
    this.#classes.push(own);
    return own;
  }
}

/** One of 32 steps of brightness: images more than one step apart are not copies. */
function stepOf(sum: number): number {
  return Math.floor(sum / (MOST_APART + 1));
}

function stepsAround(sum: number): number {
  const step = stepOf(sum);
  return (1 << step) | (step > 0 ? 1 << (step - 1) : 0) | (step < 31 ? 1 << (step + 1) : 0);
}
