/** The standard normal quantile: 95 % of the distribution lies within ±this value. */
export const Z_95 = 1.959964;

/** The 95 % confidence interval of a proportion, given `hits` out of `total` (Wilson, 1927). */
export function wilsonInterval(hits: number, total: number): [number, number] {
  if (total === 0) return [0, 1];
  const share = hits / total;
  const z2 = Z_95 ** 2;
  const centre = (share + z2 / (2 * total)) / (1 + z2 / total);
  const half = (Z_95 * Math.sqrt((share * (1 - share)) / total + z2 / (4 * total ** 2))) / (1 + z2 / total);
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}
