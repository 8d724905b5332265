/** How far an image moved between two teachers, by an arrow and a word. */
import { formatCount } from '../../format.ts';
import { text } from '../../text/en.ts';

const words = text.ranks.changes;

/** From the rank there to the rank here; a lower rank number is up. */
export function movementOf(here: number, there: number): string {
  if (here === there) return words.same;
  return here < there ? `▲ ${words.up(there - here)}` : `▼ ${words.down(here - there)}`;
}

/** The same, abbreviated for a tile. */
export function besideShort(here: number, there: number | null): string {
  if (there === null || here === there) return besideText(here, there);
  return `${words.there(there)} · ${here < there ? '▲' : '▼'} ${formatCount(Math.abs(here - there))}`;
}

/** A tile's text about the other teacher. */
export function besideText(here: number, there: number | null): string {
  return there === null ? words.notThere : `${words.there(there)}, ${movementOf(here, there)}`;
}
