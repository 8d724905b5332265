/**
 * The product's signature: the line through the ranked grid, with a tint above it; and its handle, a slider that never leaves
 * the screen.
 */
import { IconArrowDown, IconArrowUp, IconGripHorizontal } from '@tabler/icons-react';
import { type KeyboardEvent, type PointerEvent, type RefObject, useRef } from 'react';
import { type GridLayout, rowTopPx } from '../../components/grid-layout.ts';
import type { GridView } from '../../components/virtual-grid.tsx';
import { text } from '../../text/en.ts';
import styles from './k-line.module.css';
import { cutRankAt, kLinePath, kLineShape } from './k-line-geometry.ts';
import type { KLine } from './use-k-line.ts';

const CORNER_PX = 9;
const MARGIN_PX = 24;
const EDGE_PX = 48;

/** Behind the tiles: the tinted ground above the line, and the line itself. */
export function KLineGround({ view, cutRank }: { readonly view: GridView; readonly cutRank: number }) {
  const { layout, originPx, firstRow, endRow } = view;
  const width = layout.insetPx * 2 + layout.columns * layout.columnPx - layout.gapPx;
  const from = rowTopPx(layout, firstRow) - MARGIN_PX;
  const height = (endRow - firstRow) * layout.rowPx + 2 * MARGIN_PX;
  const shape = kLineShape(layout, cutRank);
  const inSight = shape.upperY < from + height && shape.lowerY > from;
  const line = kLinePath(shape, width, from, CORNER_PX);
  return (
    <svg
      className={styles.ground}
      style={{ insetBlockStart: from - originPx }}
      width={width}
      height={height}
      aria-hidden="true"
    >
      {inSight ? (
        <>
          <path className={styles.above} d={`${line}V0H0Z`} />
          <path className={styles.line} d={line} data-line />
        </>
      ) : shape.upperY >= from + height ? (
        <rect className={styles.above} width={width} height={height} />
      ) : null}
    </svg>
  );
}

export interface KLineHandleProps {
  readonly line: KLine;
  readonly total: number;
  /** As displayed. */
  readonly scoreAtCut: string;
  readonly place: RefObject<{ readonly layout: GridLayout; readonly top: number } | null>;
  readonly handle: RefObject<HTMLDivElement | null>;
  goToLine(): void;
}

export function KLineHandle({ line, total, scoreAtCut, place, handle, goToLine }: KLineHandleProps) {
  const dragged = useRef(false);
  const words = text.ranks;

  const onPointerMove = (event: PointerEvent<HTMLDivElement>) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId) || !place.current) return;
    const grid = event.currentTarget.parentElement?.querySelector('[role=grid]');
    if (!grid) return;
    dragged.current = true;
    const box = grid.getBoundingClientRect();
    const y = event.clientY - box.top;
    if (y < EDGE_PX) grid.scrollTop -= EDGE_PX - y;
    if (y > box.height - EDGE_PX) grid.scrollTop += y - (box.height - EDGE_PX);
    line.moveTo(cutRankAt(place.current.layout, event.clientX - box.left, y + place.current.top));
  };
  const onPointerUp = () => {
    if (dragged.current) line.letGo();
    else goToLine();
    dragged.current = false;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const columns = place.current?.layout.columns ?? 1;
    const steps: Readonly<Record<string, number>> = {
      ArrowRight: 1,
      ArrowLeft: -1,
      ArrowDown: columns,
      ArrowUp: -columns,
      PageDown: 10 * columns,
      PageUp: -10 * columns,
      Home: -total,
      End: total,
    };
    const step = steps[event.key];
    if (step !== undefined) line.moveBy(step);
    else if (event.key === 'Enter' || event.key === ' ') goToLine();
    else return;
    event.preventDefault();
  };

  return (
    <div
      ref={handle}
      className={styles.handle}
      role="slider"
      tabIndex={0}
      aria-label={words.kLineLabel}
      aria-orientation="vertical"
      aria-valuemin={1}
      aria-valuemax={Math.max(1, total)}
      aria-valuenow={Math.min(Math.max(1, line.cutRank), Math.max(1, total))}
      aria-valuetext={words.kLineValue(line.k, line.cutRank)}
      data-moving={line.moving}
      onPointerDown={(event) => {
        if (event.button === 0) event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerUp}
      onKeyDown={onKeyDown}
    >
      <IconGripHorizontal size={16} aria-hidden />
      <strong>{words.kLine(line.k)}</strong>
      <span className={styles.here}>
        {scoreAtCut === '' ? '' : `${scoreAtCut} · `}
        <IconArrowUp size={13} aria-hidden />
        {words.kLineAbove}
      </span>
      <span className={styles.elsewhere}>
        {words.kLineElsewhere(line.cutRank)}
        <IconArrowUp size={14} aria-hidden className={styles.up} />
        <IconArrowDown size={14} aria-hidden className={styles.down} />
      </span>
    </div>
  );
}

/** On every frame, without React: the handle is on the line, or waits at the edge beyond which the line is. */
export function placeHandle(handle: HTMLElement | null, layout: GridLayout, top: number, cutRank: number): void {
  if (!handle) return;
  const shape = kLineShape(layout, cutRank);
  const width = layout.insetPx * 2 + layout.columns * layout.columnPx - layout.gapPx;
  const left = shape.stepX > width / 2;
  const y = (left ? shape.lowerY : shape.upperY) - top;
  const least = MARGIN_PX;
  const most = layout.viewportPx - MARGIN_PX;
  handle.dataset.at = y < least - MARGIN_PX ? 'above' : y > most + MARGIN_PX ? 'below' : 'here';
  handle.dataset.side = left ? 'left' : 'right';
  handle.style.transform = `translateY(${Math.round(Math.min(Math.max(y, least), most))}px) translateY(-50%)`;
}
