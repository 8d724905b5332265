/** An experiment's results as a table with a bar for each cell: for a terminal, and as Markdown. */

import { at } from '../at.ts';
import { interval, percent, roundTicks, signed } from '../report/numbers.ts';
import { textTable } from '../text-table.ts';
import { visible } from '../visible.ts';
import { experimentVerdict } from './experiment-verdict.ts';
import type { CellResult, ExperimentResult } from './run-experiment.ts';

const BAR = 32;
const HEAD = ['', 'top-1', '95 % interval', 'difference', 'interval', 'per seed'] as const;

/** Tables that are wider than `columns` become a line for each cell. */
export function experimentText(result: ExperimentResult, columns = Number.POSITIVE_INFINITY): string {
  const { experiment, cells } = result;
  const [low, high] = scaleOf(cells);
  const rows = cells.map((cell) => [...cellTexts(cell), bar(cell, low, high)]);
  const head = [...HEAD, `${percent(low)} … ${percent(high)}`];
  const table = textTable([head, ...rows], { columns, gap: 2 });
  return ['', experiment.title, experiment.question, '', table, '', visible(experimentVerdict(result))].join('\n');
}

/** A section of a document. `made`: the data, seeds, hardware and date. */
export function experimentMarkdown(result: ExperimentResult, made: string): string {
  const { experiment, cells } = result;
  const line = (row: readonly string[]) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const head = ['', ...HEAD.slice(1)];
  return [
    `## ${visible(experiment.title)}`,
    '',
    visible(experiment.question),
    '',
    line(head),
    line(head.map((_, column) => (column === 0 ? '---' : '---:'))),
    ...cells.map((cell) => line(cellTexts(cell).map(visible))),
    '',
    visible(experimentVerdict(result)),
    '',
    visible(made),
    '',
  ].join('\n');
}

function cellTexts({ name, top1, difference, runs }: CellResult): string[] {
  return [
    visible(name),
    percent(top1.mean),
    interval(top1.interval, percent),
    difference ? signed(difference.mean) : '–',
    difference ? interval(difference.interval, signed) : '–',
    runs.map((run) => (100 * run.top1).toFixed(1)).join(' '),
  ];
}

/** Round ends of an axis that contains every interval. */
export function scaleOf(cells: readonly CellResult[]): readonly [number, number] {
  const bounds = cells.flatMap(({ top1 }) => [...top1.interval, ...top1.perSeed]);
  const ticks = roundTicks(Math.min(...bounds), Math.max(...bounds), 4);
  return [Math.max(0, at(ticks, 0)), Math.min(1, at(ticks, ticks.length - 1))];
}

/** The interval as a line, with a dot at its mean. */
function bar({ top1 }: CellResult, low: number, high: number): string {
  const place = (share: number) => Math.round((BAR * (share - low)) / (high - low || 1));
  const [begin, end] = [place(top1.interval[0]), place(top1.interval[1])];
  const cells = Array.from({ length: BAR + 1 }, (_, index): string => (index >= begin && index <= end ? '─' : '·'));
  cells[Math.max(0, Math.min(BAR, place(top1.mean)))] = '●';
  return cells.join('');
}
