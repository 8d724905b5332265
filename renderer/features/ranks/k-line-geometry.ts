/**
 * The K line as a stair through the gaps of the grid: under the tiles of the cut's row that are above the line, up between two
 * tiles, and on over those that are below it. No tile moves when K does.
 */
import { type GridLayout, rowTopPx, tileLeftPx } from '../../components/grid-layout.ts';

export interface KLineShape {
  /** The line's y left of the step, in the content. */
  readonly lowerY: number;
  readonly upperY: number;
  /** Where it steps up; the grid's width if it does not. */
  readonly stepX: number;
}

/** `cutRank` images are above the line. */
export function kLineShape(layout: GridLayout, cutRank: number): KLineShape {
  const half = layout.gapPx / 2;
  const fullRows = Math.floor(cutRank / layout.columns);
  const rest = cutRank % layout.columns;
  const upperY = rowTopPx(layout, fullRows) - half;
  if (rest === 0) return { lowerY: upperY, upperY, stepX: Number.POSITIVE_INFINITY };
  return {
    lowerY: rowTopPx(layout, fullRows + 1) - half,
    upperY,
    stepX: tileLeftPx(layout, rest) - half,
  };
}

/** How many images are above a line through this point of the content. */
export function cutRankAt(layout: GridLayout, xPx: number, yPx: number): number {
  const row = Math.floor((yPx - layout.paddingPx + layout.gapPx / 2) / layout.rowPx);
  const column = Math.round((xPx - layout.insetPx + layout.gapPx / 2) / layout.columnPx);
  const rank = Math.max(0, row) * layout.columns + Math.min(Math.max(0, column), layout.columns);
  return row < 0 ? 0 : Math.min(rank, layout.total);
}

/** An SVG path of the line, with `originY` subtracted, and corners of this radius. */
export function kLinePath(shape: KLineShape, widthPx: number, originY: number, radiusPx: number): string {
  const lower = shape.lowerY - originY;
  const upper = shape.upperY - originY;
  if (shape.stepX >= widthPx || lower === upper) return `M0 ${lower}H${widthPx}`;
  const r = Math.min(radiusPx, (lower - upper) / 2);
  const { stepX: x } = shape;
  return `M0 ${lower}H${x - r}Q${x} ${lower} ${x} ${lower - r}V${upper + r}Q${x} ${upper} ${x + r} ${upper}H${widthPx}`;
}

/**
 * The K for a line that is moved from one rank to another: images between them that cannot be kept (vetoed, set aside) do not
 * count. `counts` is null for ranks that are not loaded: those count.
 */
export function kForCut(
  now: { readonly k: number; readonly cutRank: number },
  wantedCutRank: number,
  counts: (rank: number) => boolean | null,
): number {
  const down = wantedCutRank > now.cutRank;
  const [from, to] = down ? [now.cutRank, wantedCutRank] : [wantedCutRank, now.cutRank];
  const between = to - from;
  let counted = between;
  if (between <= MOST_RANKS_WALKED) {
    for (let rank = from + 1; rank <= to; rank++) if (counts(rank) === false) counted -= 1;
  } else if (now.cutRank > 0) counted = Math.round(between * Math.min(1, now.k / now.cutRank));
  return Math.max(1, down ? now.k + counted : now.k - counted);
}

const MOST_RANKS_WALKED = 20_000;
