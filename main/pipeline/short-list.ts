const NAMED = 5;

/** Some names for display: all if few, otherwise the first ones. */
export function shortList(names: readonly string[]): string {
  return `${names.slice(0, NAMED).join(', ')}${names.length > NAMED ? ', …' : ''}`;
}
