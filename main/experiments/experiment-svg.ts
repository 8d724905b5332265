/** An experiment's plot: a row for each cell, its interval as a bar, its mean and every seed as points. */
import { html } from '../report/html.ts';
import { percent, roundTicks } from '../report/numbers.ts';
import { scaleOf } from './experiment-text.ts';
import { findingOf } from './experiment-verdict.ts';
import type { ExperimentResult } from './run-experiment.ts';

const WIDTH = 760;
const ROW = 30;
const MARGIN = { left: 250, right: 24, top: 44, bottom: 34 } as const;
const LIGHT = {
  ink: '#1b1a18',
  quiet: '#5f5c56',
  line: '#e3e0da',
  above: '#17479a',
  below: '#a03512',
  paper: '#faf9f7',
};
const DARK = {
  ink: '#efece6',
  quiet: '#aba79f',
  line: '#373530',
  above: '#7db0ff',
  below: '#ff825a',
  paper: '#151514',
};

const colours = ({ ink, quiet, line, above, below, paper }: typeof LIGHT) => `
text{font:13px system-ui,sans-serif;fill:${ink}}.quiet{fill:${quiet}}.title{font-weight:650;font-size:15px}
line{stroke:${line}}.reference{stroke:${quiet};stroke-dasharray:3 3}
.range{stroke-width:7;stroke-linecap:round;stroke:${quiet};stroke-opacity:.4}.above .range{stroke:${above}}.below .range{stroke:${below}}
.mean{fill:${quiet}}.above .mean{fill:${above}}.below .mean{fill:${below}}.seed{fill:none;stroke:${ink}}
.paper{fill:${paper}}`;

/** For a page, the page's own colour scheme; for a file, the viewer's preference. */
export const plotSchemes = ['light', 'dark'] as const;
export type PlotScheme = (typeof plotSchemes)[number];

function styleOf(scheme: PlotScheme | undefined): string {
  if (scheme !== undefined) return colours(scheme === 'light' ? LIGHT : DARK);
  return `${colours(LIGHT)}\n@media(prefers-color-scheme:dark){${colours(DARK)}}`;
}

/** The parts of a result that are drawn. */
export interface Plotted extends Pick<ExperimentResult, 'cells' | 'seeds'> {
  readonly experiment: Pick<ExperimentResult['experiment'], 'title' | 'against'>;
}

/** Longer names are cut off here; the table beside the plot shows them in full. */
const LONGEST_NAME = 36;

export function experimentSvg({ experiment, cells, seeds }: Plotted, scheme?: PlotScheme): string {
  const height = MARGIN.top + ROW * cells.length + MARGIN.bottom;
  const [low, high] = scaleOf(cells);
  const x = (share: number) =>
    (MARGIN.left + ((share - low) / (high - low || 1)) * (WIDTH - MARGIN.left - MARGIN.right)).toFixed(1);
  const ticks = roundTicks(low, high, 4).filter((tick) => tick >= low && tick <= high);
  const bottom = height - MARGIN.bottom;
  const grid = ticks.map(
    (tick) =>
      html`<line x1="${x(tick)}" y1="${MARGIN.top - 6}" x2="${x(tick)}" y2="${bottom}"/><text class="quiet" x="${x(tick)}" y="${bottom + 18}" text-anchor="middle">${percent(tick)}</text>`,
  );
  const reference = cells.find(({ name }) => name === experiment.against);
  const line =
    reference &&
    html`<line class="reference" x1="${x(reference.top1.mean)}" y1="${MARGIN.top - 6}" x2="${x(reference.top1.mean)}" y2="${bottom}"/>`;
  const rows = cells.map((cell, index) => {
    const y = MARGIN.top + ROW * (index + 0.5);
    const { name, top1 } = cell;
    const short = name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1)}…` : name;
    const points = top1.perSeed.map((share) => html`<circle class="seed" cx="${x(share)}" cy="${y}" r="2.5"/>`);
    return html`<g class="${findingOf(cell)}"><title>${name}: ${percent(top1.mean)}</title><text x="${MARGIN.left - 12}" y="${y + 4}" text-anchor="end">${short}</text><line class="range" x1="${x(top1.interval[0])}" y1="${y}" x2="${x(top1.interval[1])}" y2="${y}"/>${points}<circle class="mean" cx="${x(top1.mean)}" cy="${y}" r="5"/></g>`;
  });
  const caption = `top-1, mean of ${seeds.length} ${seeds.length === 1 ? 'seed' : 'seeds'} with its 95 % interval; circles are seeds`;
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${experiment.title}"><style>${{ markup: styleOf(scheme) }}</style><rect class="paper" width="${WIDTH}" height="${height}"/><text class="title" x="12" y="22">${experiment.title}</text><text class="quiet" x="${WIDTH - MARGIN.right}" y="22" text-anchor="end">${caption}</text>${grid}${line}${rows}</svg>\n`
    .markup;
}
