/** A line chart of trainings over images processed, kept small: a few lines, round ticks, no interaction. */
import { at } from '../at.ts';
import { html, type Markup } from './html.ts';
import { roundTicks } from './numbers.ts';

export interface CurveLine {
  /** Its class in the style sheet. */
  readonly className: string;
  readonly points: readonly (readonly [imagesProcessed: number, value: number])[];
}

export interface Chart {
  readonly title: string;
  /** Text alternative for screen readers. */
  readonly summary: string;
  readonly lines: readonly CurveLine[];
  /** Where fine-tuning begins, in images processed. */
  readonly boundary: number | undefined;
  readonly write: (value: number) => string;
}

const WIDTH = 380;
const HEIGHT = 190;
const MARGIN = { left: 44, right: 10, top: 12, bottom: 24 } as const;
/** More points than pixels show nothing more. */
const MOST_POINTS = 300;

export function curveSvg({ title, summary, lines, boundary, write }: Chart): Markup {
  const all = lines.flatMap(({ points }) => points);
  const ticksX = roundTicks(0, Math.max(1, ...all.map(([images]) => images)), 4);
  const ticksY = roundTicks(0, Math.max(1e-9, ...all.map(([, value]) => value)), 4);
  const [widest, highest] = [at(ticksX, ticksX.length - 1), at(ticksY, ticksY.length - 1)];
  const x = (images: number) => (MARGIN.left + (images / widest) * (WIDTH - MARGIN.left - MARGIN.right)).toFixed(1);
  const y = (value: number) => (MARGIN.top + (1 - value / highest) * (HEIGHT - MARGIN.top - MARGIN.bottom)).toFixed(1);
  const gridLines = ticksY.map(
    (tick) =>
      html`<line class="grid" x1="${MARGIN.left}" y1="${y(tick)}" x2="${WIDTH - MARGIN.right}" y2="${y(tick)}"/><text x="${MARGIN.left - 6}" y="${Number(y(tick)) + 3.5}" text-anchor="end">${write(tick)}</text>`,
  );
  const scale = ticksX.map(
    (tick, index) =>
      html`<text x="${x(tick)}" y="${HEIGHT - 8}" text-anchor="${index === ticksX.length - 1 ? 'end' : 'middle'}">${shortCount(tick)}</text>`,
  );
  const drawn = lines.map(
    ({ className, points }) =>
      html`<polyline class="${className}" points="${thinned(points)
        .map(([images, value]) => `${x(images)},${y(value)}`)
        .join(' ')}"/>`,
  );
  const start =
    boundary === undefined
      ? undefined
      : html`<line class="boundary" x1="${x(boundary)}" y1="${MARGIN.top}" x2="${x(boundary)}" y2="${y(0)}"/>`;
  return html`<figure><figcaption>${title}</figcaption><svg class="curve" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${summary}">${gridLines}${scale}${start}${drawn}</svg></figure>`;
}

function thinned(points: CurveLine['points']): CurveLine['points'] {
  const every = Math.ceil(points.length / MOST_POINTS);
  return points.filter((_, index) => index % every === 0 || index === points.length - 1);
}

function shortCount(count: number): string {
  const units = [
    [1e9, 'B'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const;
  const [size, unit] = units.find(([least]) => count >= least) ?? [1, ''];
  return `${Number((count / size).toPrecision(3))}${unit}`;
}
