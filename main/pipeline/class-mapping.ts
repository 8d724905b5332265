/** Maps foreign classes to the project's: by name, as people and lists spell them, or by a table made by the user. */
import { at } from '../at.ts';
import { WrongUsage } from '../failure.ts';
import { shortList } from './short-list.ts';

export interface ClassMapping {
  /** For each foreign class, the index of ours, or −1. */
  readonly meaning: readonly number[];
  /** For display. */
  readonly sentences: readonly string[];
}

/** One pair of a table: a foreign class, by name or index, and ours. */
export interface MeantClass {
  readonly theirs: string;
  readonly ours: string;
}

/** Throws `WrongUsage` if no class has a counterpart, or if a foreign one matches several of ours. */
export function mapByNames(theirs: readonly string[], ours: readonly string[]): ClassMapping {
  const places = new Map<string, number[]>();
  for (const [place, name] of ours.entries()) {
    const look = lookOf(name);
    places.set(look, [...(places.get(look) ?? []), place]);
  }
  const meaning = theirs.map((name) => {
    const whole = places.get(lookOf(name));
    // Lists such as ImageNet's give a class several names: “tench, Tinca tinca”.
    const found = new Set(whole ?? name.split(',').flatMap((synonym) => places.get(lookOf(synonym)) ?? []));
    if (found.size > 1) {
      const several = [...found].map((place) => `“${at(ours, place)}”`).join(' and ');
      throw new WrongUsage(
        `The class “${name}” may be ${several}: say which with --map, a CSV file of theirs and yours.`,
      );
    }
    const [place = -1] = found;
    return place;
  });
  return withSentences(theirs, ours, meaning);
}

/** Throws `WrongUsage` for a pair that names an unknown class, or contradictory pairs for a foreign one. */
export function mapByTable(
  theirs: readonly string[],
  ours: readonly string[],
  pairs: readonly MeantClass[],
): ClassMapping {
  const meaning = theirs.map(() => -1);
  for (const pair of pairs) {
    const [from, to] = [placeIn(theirs, pair.theirs), ours.findIndex((name) => lookOf(name) === lookOf(pair.ours))];
    if (from === -1)
      throw new WrongUsage(`The table names a class “${pair.theirs}” that the network does not have: check it.`);
    if (to === -1) {
      throw new WrongUsage(
        `The table names a class “${pair.ours}” that this project does not have: its classes are ${shortList(ours)}.`,
      );
    }
    if (![-1, to].includes(at(meaning, from))) {
      throw new WrongUsage(`The table gives “${pair.theirs}” two meanings: leave one of them out.`);
    }
    meaning[from] = to;
  }
  return withSentences(theirs, ours, meaning);
}

/** By its name, one of its synonyms, or its index from 0. */
function placeIn(theirs: readonly string[], wanted: string): number {
  const look = lookOf(wanted);
  const byName = theirs.findIndex((name) => lookOf(name) === look);
  if (byName !== -1) return byName;
  const bySynonym = theirs.findIndex((name) => name.split(',').some((synonym) => lookOf(synonym) === look));
  if (bySynonym !== -1) return bySynonym;
  return /^\d+$/.test(wanted.trim()) && Number(wanted) < theirs.length ? Number(wanted) : -1;
}

/** Case, the encoding of accents and word separators do not distinguish classes. */
function lookOf(name: string): string {
  return name
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[\s_-]+/g, ' ')
    .trim();
}

function withSentences(theirs: readonly string[], ours: readonly string[], meaning: readonly number[]): ClassMapping {
  const meant = new Set(meaning.filter((place) => place !== -1));
  if (meant.size === 0) {
    throw new WrongUsage(
      `None of its ${theirs.length} classes (${shortList(theirs)}) has the name of one of this project's (${shortList(ours)}): say which corresponds to which with --map, a CSV file of theirs and yours.`,
    );
  }
  const used = meaning.filter((place) => place !== -1).length;
  const missing = ours.filter((_, place) => !meant.has(place));
  const several = used === meant.size ? '' : ', some of them together';
  return {
    meaning,
    sentences: [
      `${used} of its ${theirs.length} classes correspond to ${meant.size} of the project's ${ours.length}${several}.`,
      ...(missing.length === 0
        ? []
        : [
            `Of ${shortList(missing)} it knows nothing: no image is ranked for ${missing.length === 1 ? 'it' : 'them'}.`,
          ]),
    ],
  };
}
