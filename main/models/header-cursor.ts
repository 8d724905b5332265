/**
 * Reads the JSON of a safetensors header through a window: it supports only what such a header may contain (objects,
 * strings, lists of integers), so that a header of any size and depth is refused at its first error, with the time and
 * memory of the valid part before it. JSON.parse takes seconds for 20 MB of brackets, and silently keeps the last of
 * two equal keys.
 */
import { isUtf8 } from 'node:buffer';
import { at } from '../at.ts';
import { quoted } from './quoted.ts';

/** What is wrong with a header, phrased to follow “is not a model that can be read:”. */
export class HeaderFault extends Error {}

/** Fills the window with the header's bytes from `place` on; returns the number of bytes, 0 at its end. */
export type FillWindow = (window: Uint8Array, place: number) => number;

const WINDOW_BYTES = 256 * 1024;
const MOST_DIGITS = 16;
const [BACKSLASH, QUOTE, SPACE, ZERO, NINE] = [0x5c, 0x22, 0x20, 0x30, 0x39];
const WHITE_SPACE: ReadonlySet<number | undefined> = new Set([SPACE, 0x09, 0x0a, 0x0d]);
export class HeaderCursor {
  readonly #fillWindow: FillWindow;
  readonly #window = Buffer.alloc(WINDOW_BYTES);
  /** The window's start in the header, the next byte in the window, and the window's end. */
  #start = 0;
  #place = 0;
  #end = 0;
  /** The string being read, as encoded in the header. */
  #text = Buffer.alloc(4096);
  #textEnd = 0;
  #textBytesLeft: number;

  /** @param mostTextBytes limit for all names and texts together, which callers keep in memory */
  constructor(fillWindow: FillWindow, mostTextBytes: number) {
    this.#fillWindow = fillWindow;
    this.#textBytesLeft = mostTextBytes;
  }

  /** Consumes `character` if it is the next one after white space. */
  takes(character: string): boolean {
    while (WHITE_SPACE.has(this.#byte())) this.#place++;
    if (this.#byte() !== character.charCodeAt(0)) return false;
    this.#place++;
    return true;
  }

  /** An object; `value` reads the value of each key. */
  object(atMost: number, value: (key: string) => void): void {
    this.#expect('{');
    if (this.takes('}')) return;
    const keys = new Set<string>();
    do {
      if (keys.size === atMost) throw new HeaderFault(`its header has more than ${atMost} entries in one place`);
      const key = this.string();
      if (keys.has(key)) throw new HeaderFault(`its header has ${quoted(key)} twice`);
      keys.add(key);
      this.#expect(':');
      value(key);
    } while (this.takes(','));
    this.#expect('}');
  }

  wholeNumbers(atMost: number): number[] {
    const numbers: number[] = [];
    this.#expect('[');
    if (this.takes(']')) return numbers;
    do {
      if (numbers.length === atMost) throw new HeaderFault(`its header has a list of more than ${atMost} numbers`);
      numbers.push(this.#wholeNumber());
    } while (this.takes(','));
    this.#expect(']');
    return numbers;
  }

  string(): string {
    this.#expect('"');
    this.#textEnd = 0;
    for (let byte = this.#byte(); byte !== QUOTE; byte = this.#byte()) {
      if (byte === undefined || byte < SPACE) throw this.#malformed();
      this.#keepText();
      if (this.#place < this.#end && this.#window[this.#place] === BACKSLASH) this.#keepEscapeAcrossWindows();
    }
    this.#place++;
    const bytes = this.#text.subarray(0, this.#textEnd);
    if (!isUtf8(bytes)) throw new HeaderFault('its header is not UTF-8');
    const text = bytes.toString('utf8');
    return bytes.includes(BACKSLASH) ? this.#unescaped(text) : text;
  }

  /** Throws unless only padding follows. */
  requireEnd(): void {
    for (let byte = this.#byte(); byte !== undefined; byte = this.#byte()) {
      if (byte !== SPACE) throw new HeaderFault('something follows its header');
      this.#place++;
    }
  }

  #expect(character: string): void {
    if (!this.takes(character)) throw this.#malformed();
  }

  #malformed(): HeaderFault {
    if (this.#byte() === undefined) return new HeaderFault('its header ends too early');
    return new HeaderFault(`its header is wrong at byte ${this.#start + this.#place}`);
  }

  /** The next byte, without consuming it. */
  #byte(): number | undefined {
    if (this.#place === this.#end) {
      this.#start += this.#end;
      this.#place = 0;
      this.#end = this.#fillWindow(this.#window, this.#start);
    }
    return this.#place < this.#end ? this.#window[this.#place] : undefined;
  }

  /** Keeps the window's part of a string, up to its end or an invalid character. */
  #keepText(): void {
    let end = this.#place;
    for (; end < this.#end; end++) {
      const byte = at(this.#window, end);
      if (byte === QUOTE || byte < SPACE) break;
      if (byte !== BACKSLASH) continue;
      if (end + 1 === this.#end) break;
      end++;
    }
    this.#keep(end - this.#place);
  }

  #keepEscapeAcrossWindows(): void {
    this.#keep(1);
    if (this.#byte() === undefined) throw this.#malformed();
    this.#keep(1);
  }

  /** Appends bytes of the window to the string being read. */
  #keep(bytes: number): void {
    this.#textBytesLeft -= bytes;
    if (this.#textBytesLeft < 0) throw new HeaderFault('the names and notes in its header are too long to keep');
    if (this.#textEnd + bytes > this.#text.length) {
      const larger = Buffer.alloc(2 * Math.max(this.#text.length, bytes));
      this.#text.copy(larger, 0, 0, this.#textEnd);
      this.#text = larger;
    }
    this.#window.copy(this.#text, this.#textEnd, this.#place, this.#place + bytes);
    this.#textEnd += bytes;
    this.#place += bytes;
  }

  #unescaped(text: string): string {
    let meaning: unknown;
    try {
      meaning = JSON.parse(`"${text}"`);
    } catch {
      throw this.#malformed();
    }
    // Half a surrogate pair.
    if (typeof meaning !== 'string' || /\p{Surrogate}/u.test(meaning)) throw this.#malformed();
    return meaning;
  }

  /** No sign, no fraction, no exponent, no leading zero, nothing beyond 2^53. */
  #wholeNumber(): number {
    let digits = '';
    while (WHITE_SPACE.has(this.#byte())) this.#place++;
    for (let byte = this.#byte(); byte !== undefined && byte >= ZERO && byte <= NINE; byte = this.#byte()) {
      digits += String.fromCharCode(byte);
      this.#place++;
      if (digits.length > MOST_DIGITS) throw new HeaderFault('its header has a number beyond 2^53');
    }
    if (digits === '' || (digits.length > 1 && digits.startsWith('0'))) throw this.#malformed();
    const number = Number(digits);
    if (!Number.isSafeInteger(number)) throw new HeaderFault('its header has a number beyond 2^53');
    return number;
  }
}
