/** Which key gives which class on a screen: the person's own, or else the next free digit or letter. */
import type { ClassInfo } from '../main/api/contract.ts';

/** `key` is empty where the keys ran out. */
export type KeyedClass = ClassInfo & { readonly key: string };

/** `reserved` are the screen's own keys: a class whose key is among them gets another one there. */
export function withKeys(classes: readonly ClassInfo[], reserved: string): readonly KeyedClass[] {
  const own = (key: string | null) => (key !== null && !reserved.includes(key) ? key : null);
  const taken = new Set(classes.map(({ key }) => own(key)));
  const free = [...'123456789abcdefghijklmnopqrstvwxyz'].filter((key) => !taken.has(key) && !reserved.includes(key));
  return classes.map((entry) => ({ ...entry, key: own(entry.key) ?? free.shift() ?? '' }));
}

/** Whether a key press belongs to what has the focus: text that is being typed, or the button that space presses. */
export function isTaken({ key, target }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest('input:not([type=radio],[type=checkbox]), textarea, select')) return true;
  return (key === ' ' || key === 'Enter') && target.closest('button, a, label, input, [role=slider]') !== null;
}
