/**
 * How much a network recognises in a picture, whatever class it then predicts: the logarithm of the sum of its
 * exponentiated logits (Liu et al., "Energy-based out-of-distribution detection", 2020: the negative energy at
 * temperature 1). A softmax cancels it, which is why a picture unlike anything learnt can have a class with 99 %.
 */

/**
 * @param logits [count, classes], followed by those of the batch's padding
 * @returns one number per picture
 */
export function energiesOf(logits: Float32Array, count: number, classes: number): Float32Array {
  const energies = new Float32Array(count);
  for (let row = 0; row < count; row++) {
    const own = logits.subarray(row * classes, (row + 1) * classes);
    const most = own.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    energies[row] = most + Math.log(own.reduce((sum, logit) => sum + Math.exp(logit - most), 0));
  }
  return energies;
}
