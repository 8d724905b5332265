/** The report for a terminal. */
import type { ReportData, ReportedModel } from './report-data.ts';
import { MODEL_NAMES } from './report-data.ts';

export function reportText(data: ReportData): string {
  const { collection, selection } = data;
  return [
    '',
    `${data.project}: ${thousands(collection.labelled)} labelled, ${thousands(collection.unlabelled)} unlabelled, ${thousands(collection.heldOut)} held-out images; ${data.classNames.length} classes`,
    `Selection: at most ${thousands(selection.k)} a class, ${thousands(selection.classes.reduce((sum, { kept }) => sum + kept, 0))} in all; left out ${selection.excludedLeaks} that repeat a held-out image and ${selection.excludedNearDuplicates} near-copies`,
    '',
    table([
      ['', 'top-1', '95 % interval', 'against labels only'],
      ...data.models.map((model) => modelRow(model, data)),
    ]),
    '',
    verdict(data),
  ].join('\n');
}

function modelRow({ model, evaluation }: ReportedModel, { models }: ReportData): string[] {
  const [low, high] = evaluation.top1Interval;
  const baseline = models.find((other) => other.model === 'supervised')?.evaluation.top1;
  const gain = baseline === undefined || model === 'supervised' ? '' : points(evaluation.top1 - baseline);
  return [MODEL_NAMES[model], percent(evaluation.top1), `${percent(low)} to ${percent(high)}`, gain];
}

/** Did it pay? */
export function verdict({ models }: ReportData): string {
  const top1 = (name: ReportedModel['model']) => models.find(({ model }) => model === name)?.evaluation.top1;
  const [supervised, finetuned] = [top1('supervised'), top1('finetuned')];
  if (supervised === undefined || finetuned === undefined) return '';
  const gain = finetuned - supervised;
  return gain > 0
    ? `Learning from the teacher's choice of unlabelled images gained ${points(gain)} over the labels alone.`
    : `Here the unlabelled images did not help (${points(gain)}): see how right the selection is, and try another K or a stronger teacher.`;
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length))) ?? [];
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('   ');
  return rows.map((row) => `  ${line(row)}`.trimEnd()).join('\n');
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

export function points(difference: number): string {
  const value = 100 * difference;
  return `${value >= 0 ? '+' : '−'}${Math.abs(value).toFixed(1)} points`;
}

export function thousands(count: number): string {
  return count.toLocaleString('en');
}
