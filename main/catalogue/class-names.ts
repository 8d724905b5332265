/** Names of classes, independent of how a file system encodes accents; finds names that merely look alike. */

/**
 * One spelling of a name: accents composed with their letters (NFC). macOS decomposes them, other systems keep them as
 * given.
 */
export function classNameOf(name: string): string {
  return name.normalize('NFC');
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
