/** The names of an image's classes in a few words; null where it has none. */
export function joinedNames(names: readonly string[]): string | null {
  return names.length === 0 ? null : names.join(', ');
}

/** Of classes by their numbers, in the order in which the project has them. */
export function namesOfClasses(
  classes: readonly { readonly id: number; readonly name: string }[],
  classIds: readonly number[],
): string | null {
  return joinedNames(classes.filter(({ id }) => classIds.includes(id)).map(({ name }) => name));
}
