const NAMED = 5;

/** Some names as a person reads them: all of a few, the first of many. */
export function shortList(names: readonly string[]): string {
  return `${names.slice(0, NAMED).join(', ')}${names.length > NAMED ? ', …' : ''}`;
}
