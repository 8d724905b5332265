/** Selects rows of a feature table. */

/**
 * @param features [images, dimension]
 * @param places the rows to select, in this order
 */
export function chosenRows(features: Float32Array, dimension: number, places: Int32Array): Float32Array {
  const chosen = new Float32Array(places.length * dimension);
  places.forEach((place, row) => {
    chosen.set(features.subarray(place * dimension, (place + 1) * dimension), row * dimension);
  });
  return chosen;
}
