/** Which key gives which class on a screen: the person's choice, or else the next free digit or letter. */
import type { ClassInfo } from '../../main/api/contract.ts';

/** `key` is empty if there were not enough keys. */
export type KeyedClass = ClassInfo & { readonly key: string };

const KEYS = [...'123456789abcdefghijklmnopqrstvwxyz'];

/**
 * `reserved` are the screen's own keys: a class whose key is among them gets another one there. Changing one class's key leaves
 * the keys of the others unchanged where possible.
 */
export function withKeys(classes: readonly ClassInfo[], reserved: string): readonly KeyedClass[] {
  const own = (key: string | null) => (key !== null && !reserved.includes(key) ? key : null);
  const taken = new Set<string | null>([...reserved, ...classes.map(({ key }) => own(key))]);
  const usual = KEYS.filter((key) => !reserved.includes(key));
  const ofPlace = classes.map(({ key }, place) => {
    const placed = usual[place];
    return own(key) ?? (placed !== undefined && !taken.has(placed) ? placed : null);
  });
  for (const key of ofPlace) taken.add(key);
  const free = KEYS.filter((key) => !taken.has(key));
  return classes.map((entry, place) => ({ ...entry, key: ofPlace[place] ?? free.shift() ?? '' }));
}

const MOVES = /^(Arrow|Page|Home$|End$)/;
const MOVED_BY_KEY = '[role=slider], [role=listbox], [role=tablist], [role=radiogroup]';

/** Whether a key press belongs to the focused element: a text field, or a button that space would press. */
export function isTaken({ key, target }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest('input:not([type=radio],[type=checkbox]), textarea, select')) return true;
  if (MOVES.test(key) && target.closest(MOVED_BY_KEY)) return true;
  return (key === ' ' || key === 'Enter') && target.closest('button, a, label, input, [role=slider]') !== null;
}
