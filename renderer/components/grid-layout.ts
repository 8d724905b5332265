/**
 * Computes the positions of the tiles of a grid of any size arithmetically: no list is walked, whatever the total. Browsers
 * stop laying out at about 16.7 million device pixels, so a taller grid gets a capped spacer, and scroll positions stand for
 * positions in the full height: one to one at both ends and under small movements, rescaled in between. It renders nothing.
 */

/** Below the 2^24 device pixels at which Chromium clamps and Firefox fails (2^24.1), with a margin for the browser. */
const LARGEST_SPACER_DEVICE_PX = 15_000_000;
/** At both ends the scroll position is the position itself, so that the first and last rows are reached exactly. */
const EXACT_END_PX = 60_000;
/** A movement longer than this many viewports is a jump (the bar was dragged), not a movement of the content. */
const JUMP_VIEWPORTS = 4;
/**
 * Tiles are positioned relative to a row that changes only every so many rows: they keep their position while the rows around
 * them change.
 */
const ANCHOR_ROWS = 256;

export interface GridShape {
  readonly total: number;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly tilePx: number;
  readonly tileHeightPx: number;
  readonly gapPx: number;
  /** Space around the tiles. */
  readonly paddingPx: number;
  readonly devicePixelRatio: number;
}

export interface GridLayout {
  readonly total: number;
  readonly columns: number;
  readonly rows: number;
  readonly tilePx: number;
  readonly tileHeightPx: number;
  readonly rowPx: number;
  readonly columnPx: number;
  readonly paddingPx: number;
  /** Left of the first column: the remaining width is shared between both sides. */
  readonly insetPx: number;
  readonly gapPx: number;
  readonly viewportPx: number;
  /** The height of the full content, which may exceed what can be laid out. */
  readonly contentPx: number;
  /** The height of the scrolled element. */
  readonly spacerPx: number;
}

export interface RowRange {
  readonly firstRow: number;
  /** Exclusive. */
  readonly endRow: number;
}

/** A position in the content, and the scroll position that stands for it now. */
export interface ScrollPlace {
  readonly scrollTop: number;
  readonly top: number;
}

export function layoutGrid(shape: GridShape): GridLayout {
  const { total, widthPx, heightPx, tilePx, tileHeightPx, gapPx, paddingPx } = shape;
  const innerPx = Math.max(0, widthPx - 2 * paddingPx);
  const columns = Math.max(1, Math.floor((innerPx + gapPx) / (tilePx + gapPx)));
  const rows = Math.ceil(total / columns);
  const rowPx = tileHeightPx + gapPx;
  const contentPx = rows === 0 ? 0 : rows * rowPx - gapPx + 2 * paddingPx;
  const largestPx = Math.floor(LARGEST_SPACER_DEVICE_PX / Math.max(1, shape.devicePixelRatio));
  return {
    total,
    columns,
    rows,
    tilePx,
    tileHeightPx,
    rowPx,
    columnPx: tilePx + gapPx,
    paddingPx,
    insetPx: paddingPx + Math.max(0, Math.floor((innerPx - columns * (tilePx + gapPx) + gapPx) / 2)),
    gapPx,
    viewportPx: heightPx,
    contentPx,
    spacerPx: Math.min(contentPx, largestPx),
  };
}

export function rowOf(layout: GridLayout, index: number): number {
  return Math.floor(index / layout.columns);
}

export function tileLeftPx(layout: GridLayout, index: number): number {
  return layout.insetPx + (index % layout.columns) * layout.columnPx;
}

/** From the top of the content. */
export function rowTopPx(layout: GridLayout, row: number): number {
  return layout.paddingPx + row * layout.rowPx;
}

/** The row relative to which tiles near `firstRow` are positioned. */
export function anchorRow(firstRow: number): number {
  return Math.floor(firstRow / ANCHOR_ROWS) * ANCHOR_ROWS;
}

export function visibleRows(layout: GridLayout, top: number, overscanRows: number): RowRange {
  const first = Math.floor((top - layout.paddingPx) / layout.rowPx);
  const end = Math.ceil((top + layout.viewportPx - layout.paddingPx) / layout.rowPx);
  return {
    firstRow: Math.min(Math.max(0, first - overscanRows), Math.max(0, layout.rows - 1)),
    endRow: Math.min(layout.rows, Math.max(0, end + overscanRows)),
  };
}

/** The index at a point of the content; null in a gap, beside the tiles, or after the last one. */
export function indexAt(layout: GridLayout, xPx: number, yPx: number): number | null {
  const column = Math.floor((xPx - layout.insetPx) / layout.columnPx);
  const row = Math.floor((yPx - layout.paddingPx) / layout.rowPx);
  if (column < 0 || column >= layout.columns || row < 0) return null;
  const inTile =
    xPx - layout.insetPx - column * layout.columnPx < layout.tilePx &&
    yPx - layout.paddingPx - row * layout.rowPx < layout.tileHeightPx;
  const index = row * layout.columns + column;
  return inTile && index < layout.total ? index : null;
}

/** The position for a scroll position when nothing else is known. */
export function topAt(layout: GridLayout, scrollTop: number): number {
  const { scrollRange, contentRange, end } = ranges(layout);
  const position = clamp(scrollTop, 0, scrollRange);
  if (contentRange <= scrollRange || position <= end) return position;
  if (position >= scrollRange - end) return contentRange - (scrollRange - position);
  return end + ((position - end) * (contentRange - 2 * end)) / (scrollRange - 2 * end);
}

/** The inverse of `topAt`. */
export function scrollTopAt(layout: GridLayout, top: number): number {
  const { scrollRange, contentRange, end } = ranges(layout);
  const place = clamp(top, 0, contentRange);
  if (contentRange <= scrollRange || place <= end) return place;
  if (place >= contentRange - end) return scrollRange - (contentRange - place);
  return end + ((place - end) * (scrollRange - 2 * end)) / (contentRange - 2 * end);
}

/**
 * After the browser scrolled: small movements move the content one to one, a jump goes where the bar points. Meanwhile the
 * position drifts from the bar; `isDrifted` says when the bar should be corrected.
 */
export function followScroll(layout: GridLayout, before: ScrollPlace, scrollTop: number): ScrollPlace {
  const { contentRange, scrollRange } = ranges(layout);
  const moved = scrollTop - before.scrollTop;
  if (contentRange <= scrollRange) return { scrollTop, top: clamp(scrollTop, 0, contentRange) };
  if (Math.abs(moved) > JUMP_VIEWPORTS * layout.viewportPx) return { scrollTop, top: topAt(layout, scrollTop) };
  return { scrollTop, top: clamp(before.top + moved, 0, contentRange) };
}

/** The bar no longer matches the content: corrected when the movement has ended, or at once if the bar is at an end. */
export function isDrifted(layout: GridLayout, place: ScrollPlace): 'no' | 'later' | 'now' {
  if (Math.abs(scrollTopAt(layout, place.top) - place.scrollTop) < 1) return 'no';
  const { scrollRange } = ranges(layout);
  return place.scrollTop <= 0 || place.scrollTop >= scrollRange ? 'now' : 'later';
}

/** The position that shows an index, starting from one that may already show it. */
export function topToShow(
  layout: GridLayout,
  top: number,
  index: number,
  align: 'nearest' | 'start' | 'center',
): number {
  const { contentRange } = ranges(layout);
  const rowTop = rowTopPx(layout, rowOf(layout, index));
  const highest = rowTop - layout.paddingPx;
  const lowest = rowTop + layout.tileHeightPx + layout.paddingPx - layout.viewportPx;
  const wanted = {
    start: highest,
    center: (highest + lowest) / 2,
    nearest: lowest > highest ? highest : clamp(top, lowest, highest),
  }[align];
  return clamp(wanted, 0, contentRange);
}

export type GridMove = 'left' | 'right' | 'up' | 'down' | 'pageUp' | 'pageDown' | 'first' | 'last';

/** The index that a key moves to. */
export function moveIndex(layout: GridLayout, index: number, move: GridMove): number {
  const { columns, total } = layout;
  const page = columns * Math.max(1, Math.floor(layout.viewportPx / layout.rowPx));
  const steps = {
    left: index - 1,
    right: index + 1,
    up: index - columns < 0 ? index : index - columns,
    down: index + columns >= total ? lastRowIndex(layout, index) : index + columns,
    pageUp: index - page < 0 ? index % columns : index - page,
    pageDown: index + page >= total ? total - 1 : index + page,
    first: 0,
    last: total - 1,
  } satisfies Record<GridMove, number>;
  return clamp(steps[move], 0, Math.max(0, total - 1));
}

/** Moving down from the row before a short last row goes to the last tile; from the last row it does nothing. */
function lastRowIndex(layout: GridLayout, index: number): number {
  return rowOf(layout, index) < layout.rows - 1 ? layout.total - 1 : index;
}

function ranges(layout: GridLayout): { scrollRange: number; contentRange: number; end: number } {
  const scrollRange = Math.max(0, layout.spacerPx - layout.viewportPx);
  const contentRange = Math.max(0, layout.contentPx - layout.viewportPx);
  return { scrollRange, contentRange, end: Math.min(EXACT_END_PX, scrollRange / 4) };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
