/** Disjoint sets that merge (union-find). */
import { at } from './at.ts';

/** Galler and Fischer, 1964: each member points to another one of its set, the representative to itself. */
export class DisjointSets {
  readonly #parents: number[] = [];

  add(): void {
    this.#parents.push(this.#parents.length);
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

  /**
   * Sets of at least two members, the largest first. `names[member]` is the number each member is returned as,
   * ascending within a set.
   */
  groups(names: readonly number[]): number[][] {
    const groups = new Map<number, number[]>();
    for (const [member, name] of names.entries()) {
      const first = this.firstOf(member);
      const group = groups.get(first);
      if (group) group.push(name);
      else groups.set(first, [name]);
    }
    const several = [...groups.values()]
      .filter((group) => group.length > 1)
      .map((group) => group.sort((a, b) => a - b));
    return several.sort((a, b) => b.length - a.length || at(a, 0) - at(b, 0));
  }
}
