/** A training's loss as a small chart: a line over images processed, with its ends labelled. */
import type { TrainingPoint } from '../training/train-request.ts';
import { escaped } from './html.ts';
import { thousands } from './report-text.ts';

const WIDTH = 320;
const HEIGHT = 120;
const MARGIN = { left: 34, right: 8, top: 8, bottom: 22 } as const;

/** `tone` is the class that colours the line. */
export function curveSvg(title: string, points: readonly TrainingPoint[], tone: string): string {
  const last = points.at(-1);
  if (!last) return '';
  const highest = Math.max(...points.map(({ loss }) => loss), 1e-9);
  const x = (images: number) => MARGIN.left + (images / last.imagesProcessed) * (WIDTH - MARGIN.left - MARGIN.right);
  const y = (loss: number) => MARGIN.top + (1 - loss / highest) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const line = points.map((point) => `${x(point.imagesProcessed).toFixed(1)},${y(point.loss).toFixed(1)}`).join(' ');
  const summary = `${title}: loss from ${points[0]?.loss.toFixed(2)} to ${last.loss.toFixed(2)} over ${thousands(last.imagesProcessed)} images`;
  return `<svg class="curve ${tone}" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(summary)}">
    <line class="axis" x1="${MARGIN.left}" y1="${y(0)}" x2="${WIDTH - MARGIN.right}" y2="${y(0)}"/>
    <line class="grid" x1="${MARGIN.left}" y1="${y(highest)}" x2="${WIDTH - MARGIN.right}" y2="${y(highest)}"/>
    <text x="${MARGIN.left - 5}" y="${y(highest) + 4}" text-anchor="end">${highest.toFixed(1)}</text>
    <text x="${MARGIN.left - 5}" y="${y(0) + 4}" text-anchor="end">0</text>
    <text x="${WIDTH - MARGIN.right}" y="${HEIGHT - 6}" text-anchor="end">${thousands(last.imagesProcessed)} images</text>
    <polyline points="${line}"/>
  </svg>`;
}
