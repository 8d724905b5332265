/** Names of classes, independent of how a file system encodes accents; finds names that merely look alike. */
import { ExpectedFailure } from '../failure.ts';
import { visible } from '../visible.ts';

/** As long as the name of a folder may be. */
export const LONGEST_CLASS_NAME = 255;
const SHOWN_CHARACTERS = 40;

export class ClassNameTooLong extends ExpectedFailure {}

/**
 * One spelling of a name: accents composed with their letters (NFC). macOS decomposes them, other systems keep them as
 * given.
 */
export function classNameOf(name: string): string {
  return name.normalize('NFC');
}

/** Throws `ClassNameTooLong`: a text of a list, say, that is no class. */
export function requireShortName(name: string): void {
  if (name.length <= LONGEST_CLASS_NAME) return;
  throw new ClassNameTooLong(
    `“${visible(name.slice(0, SHOWN_CHARACTERS))}…” has ${name.length.toLocaleString('en')} characters, and the name of a class at most ${LONGEST_CLASS_NAME}: choose a shorter one, or for a list the column that gives the classes.`,
  );
}

/** Groups of two or more names that can be mistaken for one another: they differ only in case or spaces. */
export function lookAlikes(names: Iterable<string>): string[][] {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const look = name.normalize('NFKC').trim().replaceAll(/\s+/g, ' ').toLowerCase();
    groups.set(look, [...(groups.get(look) ?? []), name]);
  }
  return [...groups.values()].filter(({ length }) => length > 1);
}
