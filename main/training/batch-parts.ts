/** The smallest number of equal parts of a batch with at least one and at most `most` images each. */
export function partsOf(batch: number, most: number): number {
  let parts = Math.min(batch, Math.ceil(batch / Math.max(1, most)));
  while (batch % parts !== 0) parts++;
  return parts;
}
