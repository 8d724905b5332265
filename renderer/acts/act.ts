/**
 * An action that a person can take on a screen, defined once: its keys, its button, its menu entry, its line in the list of
 * keys and the name of its undo are all made from it. What it does in the workbench is up to the screen.
 */
export interface Act {
  /** Unique on its screen. */
  readonly name: string;
  /** In the form of `keyNames`; the first is the one that is shown. Empty: only by button or menu. */
  readonly keys: readonly string[];
  /** The text of its button or menu entry. */
  readonly label: string;
  /** Its text in the list of keys; by default the label. */
  readonly does?: string;
  readonly can: boolean;
  do(): void;
}

export interface ActGroup {
  readonly title: string;
  readonly acts: readonly Act[];
}

type KeyPress = Pick<KeyboardEvent, 'key' | 'shiftKey' | 'ctrlKey' | 'metaKey' | 'altKey'>;

/**
 * The possible names of a key press, starting with the character it types: `A` (when an act has that key of its own),
 * `Shift+a`. Caps Lock counts as shift, except with Ctrl. Cmd counts as Ctrl.
 */
export function keyNames({ key, shiftKey, ctrlKey, metaKey, altKey }: KeyPress): readonly string[] {
  const control = ctrlKey || metaKey;
  const modifiers = `${control ? 'Ctrl+' : ''}${altKey ? 'Alt+' : ''}`;
  const letter = key.length === 1 && key.toLowerCase() !== key.toUpperCase();
  if (letter && control) return [`${modifiers}${shiftKey ? 'Shift+' : ''}${key.toLowerCase()}`];
  if (letter && key !== key.toLowerCase()) return [`${modifiers}${key}`, `${modifiers}Shift+${key.toLowerCase()}`];
  if (key.length > 1 && shiftKey) return [`${modifiers}Shift+${key}`];
  return [`${modifiers}${key}`];
}

/** The act for a key press, whether or not it can be done now. */
export function actOf(acts: readonly Act[], press: KeyPress): Act | undefined {
  for (const name of keyNames(press)) {
    const act = acts.find(({ keys }) => keys.includes(name));
    if (act) return act;
  }
  return undefined;
}

const SHOWN: Readonly<Record<string, string>> = {
  ' ': 'Space',
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Escape: 'Esc',
  PageUp: 'Page ↑',
  PageDown: 'Page ↓',
};

/** The keys to press together, with the names printed on a keyboard. */
export function shownKeys(name: string): readonly string[] {
  return name.split(/\+(?=.)/).map((key) => SHOWN[key] ?? key);
}

/** For a tooltip: what the button does, and its key. */
export function titleOf({ keys, label, does = label }: Act): string {
  const [first] = keys;
  return first === undefined ? does : `${does} (${shownKeys(first).join('+')})`;
}
