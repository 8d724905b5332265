/**
 * Where the command line writes. With --json, stdout carries one JSON object per line and nothing else; everything for people
 * goes to stderr. Without it, results go to stdout and progress to stderr.
 */
import { createInterface } from 'node:readline/promises';
import { SingleBar } from 'cli-progress';
import { Interrupted, WrongUsage } from '../failure.ts';
import { visible, visibleLines } from '../visible.ts';
import { type ProgressState, progressLine } from './progress-line.ts';

export interface Progress {
  /** `known`: rate and whole, if the caller knows them better than the mean since the start. */
  update(done: number, detail?: string, known?: Pick<ProgressState, 'perSecond' | 'whole'>): void;
  end(): void;
}

/** Used when the terminal does not report its width. */
const USUAL_COLUMNS = 80;
/** Narrower terminals get no column layout. */
const COLUMNS_FOR_TABLES = 60;

export class Terminal {
  readonly json: boolean;
  #bar: SingleBar | undefined;

  constructor(json: boolean) {
    this.json = json;
  }

  /** A result for other programs to read; silent without --json. */
  event(event: Readonly<Record<string, unknown>> & { readonly event: string }): void {
    if (this.json) process.stdout.write(`${JSON.stringify(event, withMaps)}\n`);
  }

  /** A result for a person to read; control characters in names are made harmless. Silent with --json. */
  print(text: string): void {
    if (!this.json) process.stdout.write(`${visibleLines(text)}\n`);
  }

  /** A result for other programs to read, unchanged; silent with --json. */
  data(text: string): void {
    if (!this.json) process.stdout.write(text);
  }

  /** The maximum width of a table; files and pipes have no limit. */
  get columns(): number {
    return process.stdout.isTTY ? process.stdout.columns || USUAL_COLUMNS : Number.POSITIVE_INFINITY;
  }

  /** The same for notes, which go to stderr. */
  get noteColumns(): number {
    return process.stderr.isTTY ? process.stderr.columns || USUAL_COLUMNS : Number.POSITIVE_INFINITY;
  }

  /** The first column of consecutive lines: `columns` wide where there is room for columns. */
  cell(text: string, columns: number): string {
    return this.columns < COLUMNS_FOR_TABLES ? text : text.padEnd(columns);
  }

  /** Information for a person while the work continues. */
  note(text: string): void {
    this.#bar?.stop();
    process.stderr.write(`${visibleLines(text)}\n`);
  }

  /** Whether the person says yes. Throws `WrongUsage` when there is no terminal to ask on, and `Interrupted` on Ctrl+C. */
  async ask(question: string, signal: AbortSignal, otherwise = 'Nothing was downloaded.'): Promise<boolean> {
    if (this.json || !process.stdin.isTTY || !process.stderr.isTTY) {
      throw new WrongUsage(`${visible(question)} There is no terminal to ask on: confirm with --yes.`);
    }
    // As a terminal interface, readline would intercept Ctrl+C.
    const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: false });
    const closed = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
    try {
      const answer = await Promise.race([lines.question(`${visible(question)} [y/N] `, { signal }), closed]);
      return /^\s*y(?:es)?\s*$/i.test(answer);
    } catch (error) {
      throw signal.aborted ? new Interrupted(otherwise) : error;
    } finally {
      lines.close();
    }
  }

  /**
   * On a terminal, a progress bar with rate and time left; nothing if stderr is not a terminal. Without a total, the amount
   * done and the rate.
   */
  progress(label: string, total: number | undefined, unit: string): Progress {
    if (!process.stderr.isTTY || total === 0) return { update: () => {}, end: () => {} };
    const startedMs = performance.now();
    let first: number | undefined;
    let state: ProgressState = { label, done: 0, total, unit, perSecond: undefined, detail: '' };
    const bar = new SingleBar({
      // The library computes the time left from the system clock, which may jump.
      format: () => progressLine(state, process.stderr.columns || USUAL_COLUMNS),
      stream: process.stderr,
      hideCursor: true,
      clearOnComplete: true,
    });
    bar.start(total ?? Number.MAX_SAFE_INTEGER, 0);
    this.#bar = bar;
    return {
      update: (done, detail = '', known = undefined) => {
        first ??= done;
        const seconds = (performance.now() - startedMs) / 1000;
        const perSecond = seconds > 0.5 && done > first ? (done - first) / seconds : undefined;
        state = { ...state, done, detail, ...(known ?? { perSecond }) };
        bar.update(total === undefined ? done : Math.min(done, total));
      },
      end: () => {
        bar.stop();
        this.#bar = undefined;
      },
    };
  }
}

/** A map as an object of its entries, as own properties, so that a class called __proto__ is an ordinary one. */
function withMaps(_key: string, value: unknown): unknown {
  return value instanceof Map ? Object.fromEntries(value) : value;
}
