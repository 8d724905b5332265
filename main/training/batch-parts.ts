/** The fewest equal parts of a batch that have at most `most` images, and at least one, each. */
export function partsOf(batch: number, most: number): number {
  let parts = Math.min(batch, Math.ceil(batch / Math.max(1, most)));
  while (batch % parts !== 0) parts++;
  return parts;
}
