/** The keys that a grid of pictures handles itself, for the lists of keys. */
import { text } from '../text/en.ts';
import type { Act } from './act.ts';

const { moves } = text.keys;
const line = (name: string, keys: readonly string[], label: string): Act => ({
  name,
  keys,
  label,
  can: true,
  // The grid does it.
  do: () => {},
});

export const gridMoves = {
  move: [
    line('arrows', ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'], moves.arrows),
    line('pages', ['PageUp', 'PageDown'], moves.pages),
    line('ends', ['Home', 'End'], moves.ends),
  ],
  choose: [line('range', ['Shift+ArrowRight', 'Shift+ArrowDown'], moves.range)],
} as const;
