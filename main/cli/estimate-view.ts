/** The estimated cost of a run, as a table and a sentence. */
import { bytesText, timeText } from '../amounts.ts';
import type { Estimate } from '../pipeline/estimate.ts';
import { stages } from '../pipeline/stages.ts';
import { textTable } from '../text-table.ts';

type Row = readonly [step: string, images: string, time: string, memory: string, disk: string];

const HEAD: Row = ['', 'images', 'time', 'memory', 'disk'];

/** `columns`: the maximum width of the table. */
export function estimateText(estimate: Estimate, columns = Number.POSITIVE_INFINITY): string {
  const { decoding } = estimate;
  const decoded: Row[] =
    decoding.images === 0
      ? []
      : [['Decoding', counted(decoding.images), timed(decoding.seconds), '', bytesText(decoding.diskBytes)]];
  const rows = estimate.stages.map((stage): Row => {
    const round = stage.round === undefined ? '' : `, round ${stage.round}`;
    const [title, images] = [`${stages[stage.stage].title}${round}`, counted(stage.images)];
    if (stage.done) return [title, images, 'done', '', ''];
    return [title, images, timed(stage.seconds), bytesText(stage.memoryBytes), bytesText(stage.diskBytes)];
  });
  return [
    `Estimated cost on ${estimate.deviceName}:`,
    textTable([HEAD, ...decoded, ...rows], { columns, gap: 2 }),
    sentence(estimate),
  ].join('\n');
}

function sentence({ stages: all, decoding, rough, ...estimate }: Estimate): string {
  if (decoding.images === 0 && all.every(({ done }) => done)) {
    return 'Everything has already been done with these settings: it is reused at once.';
  }
  const time = estimate.seconds === null ? 'The time is not known yet' : `About ${timeText(estimate.seconds)}`;
  const needs = `${time}, up to ${bytesText(estimate.memoryBytes)} of memory, ${bytesText(estimate.diskBytes)} on disk`;
  const guess = rough ? ' Part of this is extrapolated from other networks.' : '';
  const { deviceMemoryBytes: room } = estimate;
  const tight = room !== null && estimate.memoryBytes > room ? ` The device has ${bytesText(room)} of memory.` : '';
  const rounds = all.some(({ round }) => round !== undefined) ? ' Fewer rounds if one brings no gain.' : '';
  return `${needs} (${bytesText(estimate.freeDiskBytes)} free).${rounds}${tight}${guess}`;
}

const counted = (images: number): string => images.toLocaleString('en');
export const timed = (seconds: number | null): string => (seconds === null ? 'unknown' : timeText(seconds));
