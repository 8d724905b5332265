/**
 * Where the command line writes. With --json, stdout carries one JSON object a line and nothing else; everything for
 * people goes to stderr. Without it, results go to stdout and progress to stderr.
 */
import { createInterface } from 'node:readline/promises';
import { SingleBar } from 'cli-progress';
import { Interrupted, WrongUsage } from '../failure.ts';
import { visible, visibleLines } from '../visible.ts';
import { type ProgressState, progressLine } from './progress-line.ts';

export interface Progress {
  /** `known`: rate and whole, from whoever knows them better than the mean since the beginning. */
  update(done: number, detail?: string, known?: Pick<ProgressState, 'perSecond' | 'whole'>): void;
  end(): void;
}

/** Where a terminal does not say. */
const USUAL_COLUMNS = 80;
/** With fewer, nothing is laid out in columns. */
const COLUMNS_FOR_TABLES = 60;

export class Terminal {
  readonly json: boolean;
  #bar: SingleBar | undefined;

  constructor(json: boolean) {
    this.json = json;
  }

  /** A result for a program to read; silent without --json. */
  event(event: Readonly<Record<string, unknown>> & { readonly event: string }): void {
    if (this.json) process.stdout.write(`${JSON.stringify(event, withMaps)}\n`);
  }

  /** A result for a person to read, whose names can do nothing to the terminal; silent with --json. */
  print(text: string): void {
    if (!this.json) process.stdout.write(`${visibleLines(text)}\n`);
  }

  /** A result for a program to read, as it is; silent with --json. */
  data(text: string): void {
    if (!this.json) process.stdout.write(text);
  }

  /** How wide a table may be; files and pipes have no width. */
  get columns(): number {
    return process.stdout.isTTY ? process.stdout.columns || USUAL_COLUMNS : Number.POSITIVE_INFINITY;
  }

  /** The same for what is noted. */
  get noteColumns(): number {
    return process.stderr.isTTY ? process.stderr.columns || USUAL_COLUMNS : Number.POSITIVE_INFINITY;
  }

  /** The first column of lines below one another: as wide as `columns` where there is room for columns. */
  cell(text: string, columns: number): string {
    return this.columns < COLUMNS_FOR_TABLES ? text : text.padEnd(columns);
  }

  /** Something to know while the work goes on. */
  note(text: string): void {
    this.#bar?.stop();
    process.stderr.write(`${visibleLines(text)}\n`);
  }

  /** Whether a person says yes. Throws `WrongUsage` where there is nobody to ask, and `Interrupted` for Ctrl+C. */
  async ask(question: string, signal: AbortSignal, otherwise = 'Nothing was downloaded.'): Promise<boolean> {
    if (this.json || !process.stdin.isTTY || !process.stderr.isTTY) {
      throw new WrongUsage(`${visible(question)} There is nobody to ask here: confirm with --yes.`);
    }
    // As a terminal, it would keep Ctrl+C to itself.
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
   * A progress bar with rate and time left on a terminal; nothing where stderr is not one. Without a total, what is done so
   * far and the rate.
   */
  progress(label: string, total: number | undefined, unit: string): Progress {
    if (!process.stderr.isTTY || total === 0) return { update: () => {}, end: () => {} };
    const startedMs = performance.now();
    let first: number | undefined;
    let state: ProgressState = { label, done: 0, total, unit, perSecond: undefined, detail: '' };
    const bar = new SingleBar({
      // Its own reckoning of the time left goes by a clock that may jump.
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

/** A map as an object of its entries; as own properties, so that a class called __proto__ is one like the others. */
function withMaps(_key: string, value: unknown): unknown {
  return value instanceof Map ? Object.fromEntries(value) : value;
}
