/** The classes of an image in a few words; null where it has none. */
export function joinedNames(classes: readonly { readonly name: string }[]): string | null {
  return classes.length === 0 ? null : classes.map(({ name }) => name).join(', ');
}
