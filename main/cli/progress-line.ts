/** The one line that shows the progress of the work, fitted to the terminal's width. */
import type { Whole } from '../pipeline/whole-progress.ts';

export interface ProgressState {
  readonly label: string;
  readonly done: number;
  /** Undefined if it is unknown. */
  readonly total: number | undefined;
  readonly unit: string;
  /** In `unit` per second; undefined until it is known. */
  readonly perSecond: number | undefined;
  readonly detail: string;
  /** The progress of everything that was requested, if this is a part of it. */
  readonly whole?: Whole | undefined;
}

const LABEL_COLUMNS = 22;
const BAR_COLUMNS = 40;
/** A longer estimate is shown as unknown. */
const MOST_SECONDS_LEFT = 100 * 24 * 3600;
/** On narrower terminals there is no bar, and the most important part comes first. */
const NARROW_COLUMNS = 100;

/** At most `columns` characters long. */
export function progressLine(state: ProgressState, columns: number): string {
  const { label, done, total, unit, detail, whole } = state;
  const speed = state.perSecond === undefined ? '' : `${formatRate(state.perSecond)}/s`;
  const left = timeLeft(state);
  const own = total === undefined ? undefined : Math.min(1, total === 0 ? 1 : done / total);
  // A person waits for the whole, so its share takes precedence.
  const share = whole?.share ?? own;
  const percent = share === undefined ? '' : `${Math.floor(100 * share)}%`;
  const amount = total === undefined ? `${done} ${unit}` : `${done}/${total} ${unit}`;
  const narrow = columns < NARROW_COLUMNS;
  const bar = share === undefined || narrow ? '' : `${drawnBar(share)} `;
  const parts = narrow
    ? [percent === '' ? amount : percent, label, left, percent === '' ? '' : amount, speed, detail]
    : [`  ${label.padEnd(LABEL_COLUMNS)} ${bar}${percent || amount}`, percent && amount, speed, left, detail];
  return cut(parts.filter((part) => part !== '').join(narrow ? ' ' : ' · '), columns);
}

function drawnBar(share: number): string {
  const full = Math.round(BAR_COLUMNS * share);
  return '█'.repeat(full) + '░'.repeat(BAR_COLUMNS - full);
}

function timeLeft({ done, total, perSecond, whole }: ProgressState): string {
  if (whole) return whole.secondsLeft === null ? '' : secondsText(Math.ceil(whole.secondsLeft));
  if (total === undefined || !perSecond || perSecond < 0) return '';
  return secondsText(Math.ceil(Math.max(0, total - done) / perSecond));
}

function secondsText(seconds: number): string {
  if (seconds > MOST_SECONDS_LEFT) return '';
  if (seconds >= 3600) return `${Math.floor(seconds / 3600)}h${Math.floor((seconds % 3600) / 60)}m left`;
  return seconds >= 60 ? `${Math.floor(seconds / 60)}m${seconds % 60}s left` : `${seconds}s left`;
}

function formatRate(rate: number): string {
  return rate >= 100 ? Math.round(rate).toLocaleString('en') : rate.toPrecision(2);
}

function cut(text: string, columns: number): string {
  const characters = [...text];
  return characters.length <= columns ? text : characters.slice(0, columns).join('');
}
