/**
 * A grid of pictures with captions over a paged list of any length. It defines only the tile's appearance; the meaning is the
 * view's.
 */
import { Text } from '@mantine/core';
import { type ReactNode, useCallback } from 'react';
import { text } from '../text/en.ts';
import { scaled } from './look-scale.ts';
import styles from './paged-grid.module.css';
import type { Range } from './pages-in-sight.ts';
import { FailureState, LoadingState } from './state-message.tsx';
import type { Pages } from './use-pages.ts';
import { VirtualGrid } from './virtual-grid.tsx';

const CAPTION_PX = 42;
const TALLEST_PX = 560;
const GAP_PX = 12;

interface PagedGridProps<Item> {
  readonly label: string;
  readonly pages: Pages<Item>;
  readonly tilePx: number;
  /** Describes the whole list. */
  readonly found: (total: number) => string;
  readonly hint?: string;
  readonly captionOf: (item: Item) => string;
  readonly renderPicture: (item: Item) => ReactNode;
  readonly onOpen?: (item: Item) => void;
  /** Called with the tiles in sight. */
  readonly onVisible?: (range: Range) => void;
}

export function PagedGrid<Item>({
  label,
  pages,
  tilePx,
  found,
  hint,
  captionOf,
  renderPicture,
  onOpen,
  onVisible,
}: PagedGridProps<Item>) {
  const { total, error, itemAt, show } = pages;
  const seen = useCallback(
    (range: Range) => {
      show(range);
      onVisible?.(range);
    },
    [show, onVisible],
  );
  if (total === undefined) return error ? <FailureState error={error} /> : <LoadingState />;
  const open = (index: number) => {
    const item = itemAt(index);
    if (item) onOpen?.(item);
  };
  const tileHeightPx = tilePx + CAPTION_PX;
  return (
    <>
      <Text c="dimmed" size="sm" role="status">
        {found(total)}
      </Text>
      {hint !== undefined && total > 0 && (
        <Text c="dimmed" size="sm">
          {hint}
        </Text>
      )}
      {total > 0 && (
        <div
          style={{ height: scaled(Math.min(TALLEST_PX, Math.ceil(total / 2) * (tileHeightPx + GAP_PX) + 3 * GAP_PX)) }}
        >
          <VirtualGrid
            aria-label={label}
            total={total}
            tilePx={tilePx}
            tileHeightPx={tileHeightPx}
            gapPx={GAP_PX}
            onVisible={seen}
            onOpen={onOpen && open}
            tileLabel={(index) => {
              const item = itemAt(index);
              return item ? captionOf(item) : text.shell.loading;
            }}
            renderTile={(index) => {
              const item = itemAt(index);
              return (
                // biome-ignore lint/a11y/useKeyWithClickEvents: the grid has the keys, Enter opens.
                <figure className={styles.tile} data-opens={onOpen !== undefined} onClick={() => open(index)}>
                  <span className={styles.picture} style={{ width: scaled(tilePx), height: scaled(tilePx) }}>
                    {item && renderPicture(item)}
                  </span>
                  <figcaption className={styles.caption}>{item && captionOf(item)}</figcaption>
                </figure>
              );
            }}
          />
        </div>
      )}
    </>
  );
}
