/** Features of some images out of those of many. */

/** @param features [images, dimension] @param places which of them, in the order in which they come */
export function chosenRows(features: Float32Array, dimension: number, places: Int32Array): Float32Array {
  const chosen = new Float32Array(places.length * dimension);
  places.forEach((place, row) => {
    chosen.set(features.subarray(place * dimension, (place + 1) * dimension), row * dimension);
  });
  return chosen;
}
