/**
 * What a person can do on a screen, said once: its keys, its button, its menu entry, its line in the list of keys and what
 * undoing it is called are all made from it. Not what it does to the workbench: that is the screen's.
 */
export interface Act {
  /** Of its own on its screen. */
  readonly name: string;
  /** As in `keyNames`; the first is the one that is shown. None: by button or menu alone. */
  readonly keys: readonly string[];
  /** On a button or in a menu. */
  readonly label: string;
  /** In the list of keys; the label when left out. */
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
 * What a press may be called, as it is typed first: `A` (a key of its own, when an act has it), `Shift+a`. Caps Lock is shift,
 * except with Ctrl. Cmd is Ctrl.
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

/** The act that a press means, whether it can be done now or not. */
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

/** The keys to press together, as they are called on a keyboard. */
export function shownKeys(name: string): readonly string[] {
  return name.split(/\+(?=.)/).map((key) => SHOWN[key] ?? key);
}

/** For a tooltip: what the button does, and its key. */
export function titleOf({ keys, label, does = label }: Act): string {
  const [first] = keys;
  return first === undefined ? does : `${does} (${shownKeys(first).join('+')})`;
}
