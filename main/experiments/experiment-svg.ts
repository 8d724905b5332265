/** An experiment's plot: a row for each cell, its interval as a bar, its mean and every seed as points. */
import { html } from '../report/html.ts';
import { percent, roundTicks } from '../report/numbers.ts';
import { scaleOf } from './experiment-text.ts';
import { findingOf } from './experiment-verdict.ts';
import type { ExperimentResult } from './run-experiment.ts';

const WIDTH = 760;
const ROW = 30;
const MARGIN = { left: 250, right: 24, top: 44, bottom: 34 } as const;
const STYLE = `
text{font:13px system-ui,sans-serif;fill:#1b1a18}.quiet{fill:#5f5c56}.title{font-weight:650;font-size:15px}
line{stroke:#e3e0da}.reference{stroke:#5f5c56;stroke-dasharray:3 3}
.range{stroke-width:7;stroke-linecap:round;stroke:#5f5c56;stroke-opacity:.4}.above .range{stroke:#17479a}.below .range{stroke:#a03512}
.mean{fill:#5f5c56}.above .mean{fill:#17479a}.below .mean{fill:#a03512}.seed{fill:none;stroke:#1b1a18}
.paper{fill:#faf9f7}
@media(prefers-color-scheme:dark){text{fill:#efece6}.quiet{fill:#aba79f}line{stroke:#373530}.reference{stroke:#aba79f}
.range{stroke:#aba79f}.above .range{stroke:#7db0ff}.below .range{stroke:#ff825a}
.mean{fill:#aba79f}.above .mean{fill:#7db0ff}.below .mean{fill:#ff825a}.seed{stroke:#efece6}.paper{fill:#151514}}`;

/** Longer names end in the table beside it. */
const LONGEST_NAME = 36;

export function experimentSvg({ experiment, cells, seeds }: ExperimentResult): string {
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
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${experiment.title}"><style>${{ markup: STYLE }}</style><rect class="paper" width="${WIDTH}" height="${height}"/><text class="title" x="12" y="22">${experiment.title}</text><text class="quiet" x="${WIDTH - MARGIN.right}" y="22" text-anchor="end">${caption}</text>${grid}${line}${rows}</svg>\n`
    .markup;
}
