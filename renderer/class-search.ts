/** Places of the classes with this in their names, those that begin with it first; all of them, in order, where nothing is typed. */
export function foundPlaces(classes: readonly { readonly name: string }[], search: string): readonly number[] {
  const places = classes.map((_, place) => place);
  const wanted = search.trim().toLocaleLowerCase();
  if (wanted === '') return places;
  const where = classes.map(({ name }) => name.toLocaleLowerCase().indexOf(wanted));
  return [...places.filter((place) => where[place] === 0), ...places.filter((place) => Number(where[place]) > 0)];
}
