/**
 * Makes names from outside printable on one line: characters that would break the line, move the cursor or reverse the
 * direction of the text are escaped (`\n`, `\x1B`, `\u202E`). Every other character of any script stays.
 */
const UNSEEN = /[\p{Cc}\p{Cs}\u061C\u200B\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF]/gu;
const SHORT: ReadonlyMap<string, string> = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

export function visible(name: string): string {
  return name.replace(UNSEEN, (character) => SHORT.get(character) ?? escaped(character.charCodeAt(0)));
}

/** The same for multi-line text. */
export function visibleLines(text: string): string {
  return text.split('\n').map(visible).join('\n');
}

function escaped(code: number): string {
  const hex = code.toString(16).toUpperCase();
  return code < 0x100 ? `\\x${hex.padStart(2, '0')}` : `\\u${hex.padStart(4, '0')}`;
}
