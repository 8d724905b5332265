/** Disjoint sets that merge (union-find). */
import { at } from './at.ts';

/**
 * Galler and Fischer, 1964: each member points to another one of its set, the representative, its smallest, to itself.
 * Four bytes per member.
 */
export class DisjointSets {
  readonly #parents: Int32Array;

  /** Every member, from 0, is a set of its own at first. */
  constructor(members: number) {
    this.#parents = new Int32Array(members);
    for (let member = 0; member < members; member++) this.#parents[member] = member;
  }

  areOne(a: number, b: number): boolean {
    return this.firstOf(a) === this.firstOf(b);
  }

  join(a: number, b: number): void {
    const [one, other] = [this.firstOf(a), this.firstOf(b)];
    this.#parents[Math.max(one, other)] = Math.min(one, other);
  }

  firstOf(member: number): number {
    let first = member;
    while (this.#parents[first] !== first) first = this.#parents[first] as number;
    for (let one = member; one !== first; ) {
      const next = this.#parents[one] as number;
      this.#parents[one] = first;
      one = next;
    }
    return first;
  }

  /** Sets of at least two members, each ascending. Members that are alone cost nothing. */
  *several(): Generator<number[]> {
    const later = new Int32Array(this.#parents.length);
    // A list through each set, from its representative, whose members are met in descending order.
    for (let member = this.#parents.length - 1; member >= 0; member--) {
      const first = this.firstOf(member);
      if (first === member) continue;
      later[member] = later[first] as number;
      later[first] = member;
    }
    for (let first = 0; first < this.#parents.length; first++) {
      if (this.#parents[first] !== first || later[first] === 0) continue;
      const set = [first];
      for (let next = later[first] as number; next !== 0; next = later[next] as number) set.push(next);
      yield set;
    }
  }

  /**
   * Sets of at least two members, the largest first. `names[member]` is the number each member is returned as,
   * ascending within a set.
   */
  groups(names: ArrayLike<number>): number[][] {
    const named: number[][] = [];
    for (const set of this.several()) {
      named.push(set.map((member) => names[member] as number).sort((a, b) => a - b));
    }
    return named.sort((a, b) => b.length - a.length || at(a, 0) - at(b, 0));
  }
}
