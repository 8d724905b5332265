/** What classes are called: words, however a file system stores their accents, and apart from what only looks alike. */

/** One spelling of a word: accents joined to their letters (NFC). macOS stores them apart, other systems as they come. */
export function classNameOf(name: string): string {
  return name.normalize('NFC');
}

/** Groups of two or more that a person may take for one: they differ in upper and lower case or in spaces alone. */
export function lookAlikes(names: Iterable<string>): string[][] {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const look = name.normalize('NFKC').trim().replaceAll(/\s+/g, ' ').toLowerCase();
    groups.set(look, [...(groups.get(look) ?? []), name]);
  }
  return [...groups.values()].filter(({ length }) => length > 1);
}
