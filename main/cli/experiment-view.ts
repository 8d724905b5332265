/** The estimated cost of an experiment, as a table and two sentences. */
import { bytesText, timeText } from '../amounts.ts';
import type { ExperimentEstimate } from '../experiments/plan-experiment.ts';
import { stages } from '../pipeline/stages.ts';
import { textTable } from '../text-table.ts';
import { timed } from './estimate-view.ts';

/** `columns`: the maximum width of the table. */
export function experimentEstimateText(estimate: ExperimentEstimate, columns = Number.POSITIVE_INFINITY): string {
  const { cells, seeds, methods, unshared, decoding, rough, seconds } = estimate;
  const runs = estimate.stages.reduce((sum, stage) => sum + stage.runs, 0);
  const done = estimate.stages.reduce((sum, stage) => sum + stage.done, 0);
  const decoded =
    decoding.images === 0 ? [] : [['Decoding', '', '', decoding.images.toLocaleString('en'), timed(decoding.seconds)]];
  const rows = estimate.stages.map(({ stage, ...sum }) => [
    ...[stages[stage].title, String(sum.runs), String(sum.done), sum.images.toLocaleString('en')],
    timed(sum.seconds),
  ]);
  const table = textTable([['', 'runs', 'done', 'images', 'time'], ...decoded, ...rows], { columns, gap: 2 });
  const time = seconds === null ? 'The time is not known yet' : `About ${timeText(seconds)}`;
  const guess = rough ? ' Part of this is extrapolated from other networks.' : '';
  return [
    `${cells} cells with ${seeds} ${seeds === 1 ? 'seed' : 'seeds'}: the method ${methods} times, ${runs} different stages instead of ${unshared}, ${done} of them done already. On ${estimate.deviceName}:`,
    table,
    `${time}, up to ${bytesText(estimate.memoryBytes)} of memory, ${bytesText(estimate.diskBytes)} on disk (${bytesText(estimate.freeDiskBytes)} free).${guess}`,
  ].join('\n');
}
