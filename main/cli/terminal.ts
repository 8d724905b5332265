/**
 * Where the command line writes. With --json, stdout carries one JSON object a line and nothing else; everything for
 * people goes to stderr. Without it, results go to stdout and progress to stderr.
 */
import { Presets, SingleBar } from 'cli-progress';
import { visibleLines } from '../visible.ts';

export interface Progress {
  update(done: number, detail?: string): void;
  end(): void;
}

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

  /** Something to know while the work goes on. */
  note(text: string): void {
    this.#bar?.stop();
    process.stderr.write(`${visibleLines(text)}\n`);
  }

  /**
   * A progress bar with rate and time left on a terminal; nothing where stderr is not one. Without a total, what is done so
   * far and the rate.
   */
  progress(label: string, total: number | undefined, unit: string): Progress {
    if (!process.stderr.isTTY || total === 0) return { update: () => {}, end: () => {} };
    const amount = total === undefined ? `{value} ${unit}` : `{bar} {percentage}% · {value}/{total} ${unit}`;
    const left = total === undefined ? '' : ' · {eta_formatted} left';
    const bar = new SingleBar(
      {
        format: `  ${label.padEnd(22)} ${amount} · {speed}${left} {detail}`,
        stream: process.stderr,
        hideCursor: true,
        clearOnComplete: true,
        etaBuffer: 50,
      },
      Presets.shades_classic,
    );
    const startedMs = performance.now();
    let first: number | undefined;
    bar.start(total ?? Number.MAX_SAFE_INTEGER, 0, { speed: '', detail: '' });
    this.#bar = bar;
    return {
      update: (done, detail = '') => {
        first ??= done;
        const seconds = (performance.now() - startedMs) / 1000;
        const rate = seconds > 0.5 ? `${formatRate((done - first) / seconds)}/s` : '';
        bar.update(total === undefined ? done : Math.min(done, total), { speed: rate, detail });
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

function formatRate(rate: number): string {
  return rate >= 100 ? Math.round(rate).toLocaleString('en') : rate.toPrecision(2);
}
