/** The classes with this text in their names, those that begin with it first; without text, all of them in order. */
export function foundClasses<Named extends { readonly name: string }>(
  classes: readonly Named[],
  search: string,
): readonly Named[] {
  const wanted = search.trim().toLocaleLowerCase();
  if (wanted === '') return classes;
  const places = classes.map((entry) => ({ entry, place: entry.name.toLocaleLowerCase().indexOf(wanted) }));
  const first = places.filter(({ place }) => place === 0);
  const others = places.filter(({ place }) => place > 0);
  return [...first, ...others].map(({ entry }) => entry);
}
