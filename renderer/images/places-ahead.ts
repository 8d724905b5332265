/** Which indices of a list are likely to be in sight next. */
import type { Range } from '../components/pages-in-sight.ts';

/** The maximum of one request. */
const MOST = 200;

/** As many as are in sight, after them or, after scrolling back, before them, the nearest first. */
export function placesAhead({ first, last }: Range, firstBefore: number): number[] {
  const count = Math.min(MOST, last - first + 1);
  const step = first < firstBefore ? -1 : 1;
  const nearest = step > 0 ? last + 1 : first - 1;
  return Array.from({ length: count }, (_, place) => nearest + step * place).filter((place) => place >= 0);
}
