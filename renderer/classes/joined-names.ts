/** The names of an image's classes, abbreviated; null if it has none. */
export function joinedNames(names: readonly string[]): string | null {
  return names.length === 0 ? null : names.join(', ');
}

/** The names for class ids, in the project's order of classes. */
export function namesOfClasses(
  classes: readonly { readonly id: number; readonly name: string }[],
  classIds: readonly number[],
): string | null {
  return joinedNames(classes.filter(({ id }) => classIds.includes(id)).map(({ name }) => name));
}
