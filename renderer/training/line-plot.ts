/** The picture of a line chart: uPlot on a canvas. Loaded only where a chart is shown. */
import UPlot from 'uplot';
import type { Column, Line, Tone } from './curve-data.ts';

export interface Mark {
  readonly at: number;
  readonly word: string;
}

export interface PlotWords {
  readonly value: (value: number) => string;
  readonly images: (count: number) => string;
}

export interface PlotData {
  readonly x: readonly number[];
  readonly values: readonly Column[];
  readonly bands: readonly { readonly low: Column; readonly high: Column }[];
}

const HEIGHT_PX = 220;
/** The edge of a band: present, but not drawn. */
const EDGE = { width: 0, stroke: 'transparent', points: { show: false } } as const;

export class LinePlot {
  readonly #plot: UPlot;
  #marks: readonly Mark[];

  constructor(
    host: HTMLElement,
    lines: readonly Line[],
    words: PlotWords,
    marks: readonly Mark[],
    moved: (place: number | null) => void,
  ) {
    this.#marks = marks;
    const colours = coloursOf(host);
    const banded = lines.filter(({ band }) => band);
    const font = `12px ${getComputedStyle(host).fontFamily}`;
    const axis = {
      font,
      stroke: colours.quietText,
      grid: { stroke: colours.line, width: 1 },
      ticks: { show: false },
    };
    this.#plot = new UPlot(
      {
        width: Math.max(200, host.clientWidth),
        height: HEIGHT_PX,
        // Room above the lines for the labels of the marks.
        padding: [20, null, null, null],
        legend: { show: false },
        cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
        scales: { x: { time: false }, y: { range: (_, low, high) => rangeOf(low, high) } },
        axes: [
          { ...axis, values: (_, ticks) => ticks.map(words.images), space: 70 },
          { ...axis, values: (_, ticks) => ticks.map(words.value), size: 58 },
        ],
        series: [
          {},
          ...lines.map(({ name, tone, dash, thin, band }) => ({
            label: name,
            stroke: colours[tone],
            width: thin ? 1 : 2,
            dash: [...dash],
            // Few points, each a measurement of its own.
            points: { show: band !== undefined, size: 5, fill: colours[tone] },
          })),
          ...banded.flatMap(() => [EDGE, EDGE]),
        ],
        bands: banded.map(({ tone }, place) => {
          const low = 1 + lines.length + 2 * place;
          return { series: [low + 1, low], fill: `color-mix(in srgb, ${colours[tone]} 18%, transparent)` };
        }),
        hooks: {
          draw: [(plot) => this.#drawMarks(plot, colours.ink, font)],
          setCursor: [({ cursor }) => moved(cursor.idx ?? null)],
        },
      },
      [[]],
      host,
    );
  }

  /** Extends or replaces the data; the chart stays. */
  show({ x, values, bands }: PlotData, marks: readonly Mark[]): void {
    this.#marks = marks;
    const columns = [...values, ...bands.flatMap(({ low, high }) => [low, high])];
    this.#plot.setData([[...x], ...columns.map((column) => [...column])]);
  }

  resize(width: number): void {
    if (width > 0) this.#plot.setSize({ width, height: HEIGHT_PX });
  }

  /** Moves the cursor to an index of the x axis, for the keyboard. */
  pointAt(place: number): void {
    const at = this.#plot.data[0]?.[place];
    if (typeof at === 'number') this.#plot.setCursor({ left: this.#plot.valToPos(at, 'x'), top: 10 });
  }

  remove(): void {
    this.#plot.destroy();
  }

  #drawMarks({ ctx, bbox, valToPos }: UPlot, colour: string, font: string): void {
    const ratio = UPlot.pxRatio;
    for (const { at, word } of this.#marks) {
      const x = valToPos(at, 'x', true);
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.save();
      ctx.strokeStyle = colour;
      ctx.fillStyle = colour;
      ctx.lineWidth = ratio;
      ctx.setLineDash([4 * ratio, 3 * ratio]);
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      ctx.font = font.replace('12px', `${12 * ratio}px`);
      const right = x + ctx.measureText(word).width + 6 * ratio < bbox.left + bbox.width;
      ctx.textAlign = right ? 'left' : 'right';
      ctx.fillText(word, x + (right ? 5 : -5) * ratio, bbox.top - 6 * ratio);
      ctx.restore();
    }
  }
}

/** From zero to slightly above the highest: losses and shares are read relative to zero. */
function rangeOf(low: number, high: number): [number, number] {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return [0, 1];
  return [Math.min(0, low), high === 0 ? 1 : high * 1.06];
}

function coloursOf(host: HTMLElement): Record<Tone | 'line' | 'ink' | 'quietText', string> {
  const style = getComputedStyle(host);
  const token = (name: string) => style.getPropertyValue(name).trim() || style.color;
  return {
    teacher: token('--teacher'),
    student: token('--student'),
    quiet: token('--quiet'),
    line: token('--line'),
    ink: token('--ink'),
    quietText: token('--quiet'),
  };
}
