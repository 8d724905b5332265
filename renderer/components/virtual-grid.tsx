/**
 * A grid of any number of equal tiles: only the rows in sight are in the document. The grid is one stop of the Tab key; arrows
 * move its active tile, which is announced through aria-activedescendant, so that focus survives whatever scrolls away.
 */
import {
  type CSSProperties,
  type KeyboardEvent,
  memo,
  type ReactNode,
  type Ref,
  useCallback,
  useEffect,
  useId,
  useImperativeHandle,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { InActiveTile } from './active-tile.ts';
import {
  anchorRow,
  followScroll,
  type GridLayout,
  type GridMove,
  isDrifted,
  layoutGrid,
  moveIndex,
  rowTopPx,
  type ScrollPlace,
  scrollTopAt,
  tileLeftPx,
  topToShow,
  visibleRows,
} from './grid-layout.ts';
import { useLookScale } from './look-scale.ts';
import styles from './virtual-grid.module.css';

export interface TileState {
  readonly active: boolean;
  readonly selected: boolean;
}

export interface VirtualGridHandle {
  scrollToIndex(index: number, align?: 'nearest' | 'start' | 'center'): void;
  focus(): void;
}

/** What an overlay needs to draw in the scrolled content: its y is `contentY - originPx`. */
export interface GridView {
  readonly layout: GridLayout;
  readonly originPx: number;
  readonly firstRow: number;
  readonly endRow: number;
}

/** The active tile is always selected: a component with a selection includes the active tile in it. */
export interface GridSelection {
  isSelected(index: number): boolean;
  /** `only`: this tile; `toggle`: with ctrl; `range`: from the last one, with shift. */
  select(index: number, mode: 'only' | 'toggle' | 'range'): void;
}

export interface VirtualGridProps {
  readonly total: number;
  readonly tilePx: number;
  /** By default the tile's width: square. */
  readonly tileHeightPx?: number;
  readonly gapPx?: number;
  readonly 'aria-label': string;
  renderTile(index: number, state: TileState): ReactNode;
  /** The tile's accessible name. */
  readonly tileLabel?: ((index: number) => string) | undefined;
  /** The tiles in sight, the last one inclusive. */
  readonly onVisible?: ((range: { readonly first: number; readonly last: number }) => void) | undefined;
  readonly active?: number | undefined;
  readonly onActive?: ((index: number) => void) | undefined;
  readonly selection?: GridSelection | undefined;
  readonly onOpen?: ((index: number) => void) | undefined;
  /** Keys that the grid itself does not use; returns true if handled. */
  readonly onTileKey?: ((event: KeyboardEvent, index: number) => boolean) | undefined;
  /** Drawn in the content, behind the tiles. */
  readonly underlay?: ((view: GridView) => ReactNode) | undefined;
  /** Drawn in the content, above the tiles. */
  readonly overlay?: ((view: GridView) => ReactNode) | undefined;
  /** Called on every scrolled frame, for what is drawn outside the content. */
  readonly onScrolled?: ((layout: GridLayout, top: number) => void) | undefined;
  readonly handle?: Ref<VirtualGridHandle> | undefined;
}

const OVERSCAN_ROWS = 2;
const SETTLED_MS = 160;
const PADDING_PX = 18;
const GAP_PX = 12;

const MOVES: Readonly<Record<string, GridMove>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
  PageUp: 'pageUp',
  PageDown: 'pageDown',
  Home: 'first',
  End: 'last',
};

export function VirtualGrid(props: VirtualGridProps) {
  const { total, onVisible, selection, renderTile, onScrolled } = props;
  const scale = useLookScale();
  const tilePx = Math.round(scale * props.tilePx);
  const tileHeightPx = Math.round(scale * (props.tileHeightPx ?? props.tilePx));
  const gapPx = Math.round(scale * (props.gapPx ?? GAP_PX));
  const id = useId();
  const viewport = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ widthPx: 0, heightPx: 0, devicePixelRatio: 1 });
  const layout = useMemo(
    () => layoutGrid({ total, tilePx, tileHeightPx, gapPx, paddingPx: PADDING_PX, ...size }),
    [total, tilePx, tileHeightPx, gapPx, size],
  );
  const { place, scrollTo } = useScrollPlace(viewport, layout, onScrolled);
  const [ownActive, setOwnActive] = useState(0);
  const active = Math.min(Math.max(0, props.active ?? ownActive), Math.max(0, total - 1));

  useLayoutEffect(() => {
    const element = viewport.current;
    if (!element) return undefined;
    const measure = () =>
      setSize({
        widthPx: element.clientWidth,
        heightPx: element.clientHeight,
        devicePixelRatio: window.devicePixelRatio,
      });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const { firstRow, endRow } = visibleRows(layout, place.top, OVERSCAN_ROWS);
  const seen = visibleRows(layout, place.top, 0);
  const first = seen.firstRow * layout.columns;
  const last = Math.min(total, seen.endRow * layout.columns) - 1;
  const measured = size.heightPx > 0;
  useEffect(() => {
    if (measured && last >= first) onVisible?.({ first, last });
  }, [measured, first, last, onVisible]);

  const moveTo = (index: number) => {
    setOwnActive(index);
    props.onActive?.(index);
    scrollTo(topToShow(layout, place.top, index, 'nearest'));
  };
  useImperativeHandle(props.handle, () => ({
    scrollToIndex: (index, align = 'center') => scrollTo(topToShow(layout, place.top, index, align)),
    focus: () => viewport.current?.focus({ preventScroll: true }),
  }));

  const onKeyDown = (event: KeyboardEvent) => {
    if (total === 0 || event.altKey) return;
    const control = event.ctrlKey || event.metaKey;
    const move = MOVES[event.key];
    if (move) {
      const index = moveIndex(layout, active, move);
      selection?.select(index, event.shiftKey ? 'range' : 'only');
      moveTo(index);
    } else if (event.key === ' ' && selection) selection.select(active, event.shiftKey ? 'range' : 'toggle');
    else if (event.key === 'Enter' && !control && props.onOpen) props.onOpen(active);
    else if (!props.onTileKey?.(event, active)) return;
    event.preventDefault();
  };

  const onTilePress = useStable((index: number, event: { shiftKey: boolean; ctrlKey: boolean; metaKey: boolean }) => {
    setOwnActive(index);
    props.onActive?.(index);
    selection?.select(index, event.shiftKey ? 'range' : event.ctrlKey || event.metaKey ? 'toggle' : 'only');
  });
  const onTileOpen = useStable((index: number) => props.onOpen?.(index));

  const origin = rowTopPx(layout, anchorRow(firstRow));
  const view: GridView = { layout, originPx: origin, firstRow, endRow };
  const rows = [];
  for (let row = firstRow; row < endRow; row++) {
    rows.push(
      // biome-ignore lint/a11y/useSemanticElements: a table cannot be virtual.
      <div key={row} role="row" aria-rowindex={row + 1} tabIndex={-1} style={{ display: 'contents' }}>
        {indicesOf(layout, row).map((index) => (
          <Cell
            key={index}
            id={`${id}-${index}`}
            index={index}
            xPx={tileLeftPx(layout, index)}
            yPx={rowTopPx(layout, row) - origin}
            column={(index % layout.columns) + 1}
            widthPx={tilePx}
            heightPx={tileHeightPx}
            label={props.tileLabel?.(index)}
            active={index === active}
            selected={selection?.isSelected(index) ?? false}
            selectable={selection !== undefined}
            renderTile={renderTile}
            onPress={onTilePress}
            onOpen={onTileOpen}
          />
        ))}
      </div>,
    );
  }
  const activeInSight = active >= firstRow * layout.columns && active < endRow * layout.columns && total > 0;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a table cannot be virtual.
    <div
      ref={viewport}
      role="grid"
      className={styles.viewport}
      tabIndex={0}
      aria-label={props['aria-label']}
      aria-rowcount={layout.rows}
      aria-colcount={layout.columns}
      aria-multiselectable={selection !== undefined}
      {...(activeInSight ? { 'aria-activedescendant': `${id}-${active}` } : {})}
      onKeyDown={onKeyDown}
    >
      <div
        className={styles.spacer}
        role="presentation"
        style={{ blockSize: Math.max(layout.spacerPx, size.heightPx) }}
      >
        <div
          className={styles.layer}
          role="presentation"
          style={{ insetBlockStart: place.scrollTop - place.top + origin }}
        >
          {measured ? props.underlay?.(view) : null}
          {measured ? rows : null}
          {measured ? props.overlay?.(view) : null}
        </div>
      </div>
    </div>
  );
}

interface CellProps {
  readonly id: string;
  readonly index: number;
  readonly xPx: number;
  readonly yPx: number;
  readonly column: number;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly label: string | undefined;
  readonly active: boolean;
  readonly selected: boolean;
  readonly selectable: boolean;
  renderTile(index: number, state: TileState): ReactNode;
  onPress(index: number, event: { shiftKey: boolean; ctrlKey: boolean; metaKey: boolean }): void;
  onOpen(index: number): void;
}

const Cell = memo(function Cell(props: CellProps) {
  const { index, active, selected, widthPx, heightPx, xPx, yPx } = props;
  const style: CSSProperties = {
    inlineSize: widthPx,
    blockSize: heightPx,
    transform: `translate(${xPx}px, ${yPx}px)`,
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a table cannot be virtual.
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid has the keys.
    <div
      id={props.id}
      role="gridcell"
      tabIndex={-1}
      aria-colindex={props.column}
      aria-label={props.label}
      {...(props.selectable ? { 'aria-selected': selected } : {})}
      data-index={index}
      className={active ? `${styles.cell} ${styles.active}` : styles.cell}
      style={style}
      onMouseDown={(event) => {
        // Focus belongs to the grid, not to the tile.
        event.preventDefault();
        event.currentTarget.closest<HTMLElement>('[role=grid]')?.focus({ preventScroll: true });
      }}
      onClick={(event) => props.onPress(index, event)}
      onDoubleClick={() => props.onOpen(index)}
    >
      <InActiveTile.Provider value={active}>{props.renderTile(index, { active, selected })}</InActiveTile.Provider>
    </div>
  );
});

/** The position in the content, kept in step with the browser's scrolling; see `grid-layout.ts`. */
function useScrollPlace(
  viewport: { readonly current: HTMLDivElement | null },
  layout: GridLayout,
  onScrolled: VirtualGridProps['onScrolled'],
) {
  const [place, setPlace] = useState<ScrollPlace>({ scrollTop: 0, top: 0 });
  const now = useRef<ScrollPlace>(place);
  const settle = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const laidOut = useRef(layout);

  const put = useCallback(
    (top: number) => {
      const element = viewport.current;
      if (!element) return;
      element.scrollTop = scrollTopAt(layout, top);
      now.current = { scrollTop: element.scrollTop, top };
      setPlace(now.current);
    },
    [viewport, layout],
  );

  useEffect(() => {
    const element = viewport.current;
    if (!element) return undefined;
    const onScroll = () => {
      if (element.scrollTop === now.current.scrollTop) return;
      now.current = followScroll(layout, now.current, element.scrollTop);
      setPlace(now.current);
      clearTimeout(settle.current);
      const drift = isDrifted(layout, now.current);
      if (drift === 'now') put(now.current.top);
      if (drift === 'later') settle.current = setTimeout(() => put(now.current.top), SETTLED_MS);
    };
    element.addEventListener('scroll', onScroll, { passive: true });
    return () => {
      element.removeEventListener('scroll', onScroll);
      clearTimeout(settle.current);
    };
  }, [viewport, layout, put]);

  // After a change of width, zoom or total, what was at the top stays there.
  useLayoutEffect(() => {
    const before = laidOut.current;
    laidOut.current = layout;
    if (before === layout || layout.rows === 0 || layout.viewportPx === 0) return;
    const firstIndex = Math.floor(now.current.top / before.rowPx) * before.columns;
    const sameShape = before.columns === layout.columns && before.rowPx === layout.rowPx;
    const most = Math.max(0, layout.contentPx - layout.viewportPx);
    const top = sameShape ? now.current.top : Math.floor(firstIndex / layout.columns) * layout.rowPx;
    put(Math.min(top, most));
  }, [layout, put]);

  useLayoutEffect(() => onScrolled?.(layout, place.top), [layout, place, onScrolled]);
  return { place, scrollTo: put };
}

function indicesOf(layout: GridLayout, row: number): number[] {
  const first = row * layout.columns;
  return Array.from({ length: Math.max(0, Math.min(layout.columns, layout.total - first)) }, (_, at) => first + at);
}

/** A function with a constant identity that always calls the newest one. */
function useStable<Arguments extends readonly unknown[]>(act: (...values: Arguments) => void) {
  const newest = useRef(act);
  useLayoutEffect(() => {
    newest.current = act;
  });
  return useCallback((...values: Arguments) => newest.current(...values), []);
}
