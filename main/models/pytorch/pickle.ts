/**
 * A reader of Python pickles (protocols 0 to 5, Python's Lib/pickletools.py) that can build lists, dicts, numbers, text
 * and whatever `globals` provides, and nothing else. It executes nothing: a name unknown to `globals` stops the
 * reading. Work and memory are bounded by the length of the pickle.
 */
import { at } from '../../at.ts';

export class PickleRefused extends Error {}

/** The meaning of a Python name; `call` returns the result of calling it with these arguments. */
export interface PickleGlobal {
  readonly name: string;
  call?(args: readonly unknown[]): unknown;
}

export interface PickleHost {
  /** Undefined for a name that must not be used. */
  global(module: string, name: string): PickleGlobal | undefined;
  /** An object outside the pickle, by its persistent id. */
  persistent(id: unknown): unknown;
}

/** A few times what the largest published checkpoints need. */
const MOST_STEPS = 2_000_000;
/** Python writes dicts and lists in batches of a thousand: no list of weights needs more on the stack. */
const MOST_WAITING = 100_000;
const LONGEST_INTEGER_BYTES = 16;

/** The value, and where the next pickle in the same file begins. Throws `PickleRefused`. */
export function readPickle(bytes: Buffer, start: number, host: PickleHost): { value: unknown; end: number } {
  const machine = new PickleMachine(bytes, start, host);
  return { value: machine.run(), end: machine.position };
}

class PickleMachine {
  readonly #bytes: Buffer;
  readonly #host: PickleHost;
  readonly #stack: unknown[] = [];
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, unknown>();
  position: number;

  constructor(bytes: Buffer, start: number, host: PickleHost) {
    this.#bytes = bytes;
    this.position = start;
    this.#host = host;
  }

  run(): unknown {
    for (let steps = 0; steps < MOST_STEPS; steps++) {
      const code = this.#byte();
      if (code === STOP) return this.pop();
      const step = OPCODES[code];
      if (!step) throw new PickleRefused(`it has an instruction (${code}) that no list of weights needs`);
      step(this);
    }
    throw new PickleRefused(`its description has more than ${MOST_STEPS.toLocaleString('en')} instructions`);
  }

  push(value: unknown): void {
    if (this.#stack.length >= MOST_WAITING) throw new PickleRefused('its description leaves too many values waiting');
    this.#stack.push(value);
  }

  pop(): unknown {
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0))
      throw new PickleRefused('its description uses a value that is not there');
    return this.#stack.pop();
  }

  top(): unknown {
    if (this.#stack.length === 0) throw new PickleRefused('its description uses a value that is not there');
    return this.#stack.at(-1);
  }

  mark(): void {
    this.#marks.push(this.#stack.length);
  }

  /** Everything since the last mark. */
  popToMark(): unknown[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw new PickleRefused('its description uses a value that is not there');
    return this.#stack.splice(mark);
  }

  remember(index: number): void {
    this.#memo.set(index, this.top());
  }

  get remembered(): number {
    return this.#memo.size;
  }

  recall(index: number): unknown {
    if (!this.#memo.has(index)) throw new PickleRefused('its description refers to what is not there');
    return this.#memo.get(index);
  }

  global(module: string, name: string): PickleGlobal {
    const known = this.#host.global(module, name);
    if (!known)
      throw new PickleRefused(
        `it asks to run ${printable(module)}.${printable(name)}, but nothing in a model file is run here`,
      );
    return known;
  }

  call(callee: unknown, args: unknown): unknown {
    if (!Array.isArray(args)) throw new PickleRefused('its description calls something without a list of arguments');
    const known = callee as Partial<PickleGlobal> | undefined;
    if (typeof known?.call !== 'function') throw new PickleRefused('its description calls what cannot be called');
    return known.call(args);
  }

  persistent(id: unknown): unknown {
    return this.#host.persistent(id);
  }

  take(length: number): Buffer {
    const end = this.position + length;
    if (!(length >= 0) || end > this.#bytes.length) throw new PickleRefused('it is cut short');
    const taken = this.#bytes.subarray(this.position, end);
    this.position = end;
    return taken;
  }

  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.position);
    if (end < 0) throw new PickleRefused('it is cut short');
    const line = this.#bytes.toString('utf8', this.position, end);
    this.position = end + 1;
    return line;
  }

  /** Read without creating a view, since there is one per instruction. */
  #byte(): number {
    if (this.position >= this.#bytes.length) throw new PickleRefused('it is cut short');
    this.position += 1;
    return at(this.#bytes, this.position - 1);
  }
}

type Step = (machine: PickleMachine) => void;

const uint8 = (machine: PickleMachine) => machine.take(1).readUInt8();
const uint16 = (machine: PickleMachine) => machine.take(2).readUInt16LE();
const uint32 = (machine: PickleMachine) => machine.take(4).readUInt32LE();
/** A length beyond the range of exact numbers exceeds any buffer anyway. */
const uint64 = (machine: PickleMachine) => Number(machine.take(8).readBigUInt64LE());
const text = (machine: PickleMachine, length: number) => machine.take(length).toString('utf8');

const STOP = 0x2e;

/** Keyed by their letters in pickletools. Sets, out-of-band byte arrays and extension codes are not supported. */
const OPCODES: Readonly<Record<number, Step>> = Object.fromEntries(
  Object.entries({
    '(': (m: PickleMachine) => m.mark(),
    '0': (m) => void m.pop(),
    '1': (m) => void m.popToMark(),
    '2': (m) => m.push(m.top()),
    // Numbers and constants
    N: (m) => m.push(null),
    '\x88': (m) => m.push(true),
    '\x89': (m) => m.push(false),
    I: (m) => m.push(writtenInteger(m.line())),
    L: (m) => m.push(writtenInteger(m.line().replace(/L$/, ''))),
    F: (m) => m.push(Number(m.line())),
    G: (m) => m.push(m.take(8).readDoubleBE()),
    J: (m) => m.push(m.take(4).readInt32LE()),
    K: (m) => m.push(uint8(m)),
    M: (m) => m.push(uint16(m)),
    '\x8a': (m) => m.push(longInteger(m, uint8(m))),
    '\x8b': (m) => m.push(longInteger(m, uint32(m))),
    // Text and bytes
    S: (m) => m.push(quoted(m.line())),
    V: (m) => m.push(m.line()),
    T: (m) => m.push(m.take(uint32(m)).toString('latin1')),
    U: (m) => m.push(m.take(uint8(m)).toString('latin1')),
    X: (m) => m.push(text(m, uint32(m))),
    '\x8c': (m) => m.push(text(m, uint8(m))),
    '\x8d': (m) => m.push(text(m, uint64(m))),
    B: (m) => m.push(m.take(uint32(m))),
    C: (m) => m.push(m.take(uint8(m))),
    '\x8e': (m) => m.push(m.take(uint64(m))),
    // Lists and tuples are arrays, dicts are maps
    ']': (m) => m.push([]),
    l: (m) => m.push(m.popToMark()),
    ')': (m) => m.push([]),
    t: (m) => m.push(m.popToMark()),
    '\x85': (m) => m.push([m.pop()]),
    '\x86': (m) => m.push(lastOf(m, 2)),
    '\x87': (m) => m.push(lastOf(m, 3)),
    '}': (m) => m.push(new Map()),
    d: (m) => m.push(withItems(new Map(), m.popToMark())),
    a: (m) => appended(m, [m.pop()]),
    e: (m) => appended(m, m.popToMark()),
    s: (m) => setItems(m, lastOf(m, 2)),
    u: (m) => setItems(m, m.popToMark()),
    // The memo
    p: (m) => m.remember(Number(m.line())),
    q: (m) => m.remember(uint8(m)),
    r: (m) => m.remember(uint32(m)),
    '\x94': (m) => m.remember(m.remembered),
    g: (m) => m.push(m.recall(Number(m.line()))),
    h: (m) => m.push(m.recall(uint8(m))),
    j: (m) => m.push(m.recall(uint32(m))),
    // Names, calls and external objects
    c: (m) => m.push(m.global(m.line(), m.line())),
    '\x93': (m) => m.push(stackGlobal(m)),
    R: (m) => m.push(called(m)),
    '\x81': (m) => m.push(called(m)),
    b: (m) => m.pop(),
    P: (m) => m.push(m.persistent(m.line())),
    Q: (m) => m.push(m.persistent(m.pop())),
    // Protocol and framing
    '\x80': (m) => void m.take(1),
    '\x95': (m) => void m.take(8),
  } satisfies Record<string, Step>).map(([letter, step]) => [letter.charCodeAt(0), step]),
);

function lastOf(machine: PickleMachine, count: number): unknown[] {
  return Array.from({ length: count }, () => machine.pop()).reverse();
}

function called(machine: PickleMachine): unknown {
  const args = machine.pop();
  return machine.call(machine.pop(), args);
}

function stackGlobal(machine: PickleMachine): PickleGlobal {
  const [module, name] = lastOf(machine, 2);
  if (typeof module !== 'string' || typeof name !== 'string') throw new PickleRefused('it names something by no name');
  return machine.global(module, name);
}

function appended(machine: PickleMachine, items: readonly unknown[]): void {
  const list = machine.top();
  if (!Array.isArray(list)) throw new PickleRefused('its description adds to something that is not a list');
  // Spreading would put every item on the call stack.
  for (const item of items) list.push(item);
}

function setItems(machine: PickleMachine, items: readonly unknown[]): void {
  const dict = machine.top();
  if (!(dict instanceof Map)) throw new PickleRefused('its description adds to something that is not a dict');
  withItems(dict, items);
}

function withItems(dict: Map<unknown, unknown>, items: readonly unknown[]): Map<unknown, unknown> {
  if (items.length % 2 !== 0) throw new PickleRefused('its description has a key without a value');
  for (let index = 0; index < items.length; index += 2) dict.set(items[index], items[index + 1]);
  return dict;
}

/** Protocol 0 writes booleans as 01 and 00. */
function writtenInteger(line: string): number | boolean {
  if (line === '01') return true;
  if (line === '00') return false;
  const value = Number(line);
  if (!/^[+-]?\d{1,39}$/.test(line)) throw new PickleRefused('it has a number that cannot be read');
  return value;
}

/** Two's complement, little-endian. */
function longInteger(machine: PickleMachine, length: number): number | bigint {
  if (length > LONGEST_INTEGER_BYTES) throw new PickleRefused('it has a number that is too long');
  const bytes = machine.take(length);
  let value = 0n;
  for (let index = length - 1; index >= 0; index--) value = (value << 8n) | BigInt(at(bytes, index));
  value = BigInt.asIntN(8 * length, value);
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function quoted(line: string): string {
  const match = /^(['"])(.*)\1$/.exec(line);
  if (!match) throw new PickleRefused('it has a text without quotes');
  return at(match, 2);
}

function printable(name: string): string {
  const short = name.length > 60 ? `${name.slice(0, 60)}…` : name;
  return JSON.stringify(short).slice(1, -1);
}
