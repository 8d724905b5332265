/** The whole ranking of a class as a grid, the K line through it, and the keys that decide. */
import { type Ref, type RefObject, useCallback, useLayoutEffect, useRef } from 'react';
import { choose, isChosen, type RankSelection } from '../../acts/rank-selection.ts';
import type { GridLayout } from '../../components/grid-layout.ts';
import type { Range } from '../../components/pages-in-sight.ts';
import { type TileState, VirtualGrid, type VirtualGridHandle } from '../../components/virtual-grid.tsx';
import { usePicturesAhead } from '../../images/use-pictures-ahead.ts';
import { text } from '../../text/en.ts';
import { KLineGround, KLineHandle, placeHandle } from './k-line.tsx';
import { RankTile, scoreText, tileStates } from './rank-tile.tsx';
import styles from './ranks-view.module.css';
import type { KLine } from './use-k-line.ts';
import type { RankWindows } from './use-rank-windows.ts';

const CAPTION_PX = 20;
const BESIDE_PX = 16;
const GAP_PX = 18;

export interface RankedGridProps {
  readonly projectId: string;
  readonly name: string;
  readonly total: number;
  readonly tilePx: number;
  /** Whether each tile says its rank in another labelling too. */
  readonly beside: boolean;
  readonly windows: RankWindows;
  readonly line: KLine;
  /** As it is shown. */
  readonly scoreAtCut: string;
  readonly className: (classId: number) => string;
  readonly selection: RankSelection;
  onSelection(selection: RankSelection): void;
  onOpen(index: number): void;
  readonly grid: RefObject<VirtualGridHandle | null>;
}

export function RankedGrid(props: RankedGridProps) {
  const { windows, line, selection, className, projectId, tilePx, total } = props;
  const place = useRef<{ readonly layout: GridLayout; readonly top: number } | null>(null);
  const handle = useRef<HTMLDivElement>(null);
  const { cutRank } = line;
  const { itemAt } = windows;

  const onScrolled = useCallback(
    (layout: GridLayout, top: number) => {
      place.current = { layout, top };
      placeHandle(handle.current, layout, top, cutRank);
    },
    [cutRank],
  );
  useLayoutEffect(() => {
    if (place.current) placeHandle(handle.current, place.current.layout, place.current.top, cutRank);
  }, [cutRank]);

  const ahead = usePicturesAhead(projectId, tilePx, (index) => itemAt(index)?.imageId);
  const { show } = windows;
  const onVisible = useCallback(
    (range: Range) => {
      show(range);
      ahead(range);
    },
    [show, ahead],
  );

  const renderTile = useCallback(
    (index: number, { selected }: TileState) => {
      const item = itemAt(index);
      return (
        <RankTile
          projectId={projectId}
          rank={index + 1}
          item={item}
          boxPx={tilePx}
          selected={selected}
          below={index + 1 > cutRank && item?.verdict !== 'pin'}
          className={className}
        />
      );
    },
    [projectId, itemAt, tilePx, cutRank, className],
  );
  const tileLabel = (index: number) => {
    const item = itemAt(index);
    if (!item) return text.ranks.loadingTile(index + 1);
    return text.ranks.tileLabel(
      index + 1,
      scoreText(item.score, item.calibrated),
      tileStates(item, cutRank, className),
    );
  };
  const ref: Ref<VirtualGridHandle> = props.grid;
  return (
    <div className={styles.gridFrame}>
      <VirtualGrid
        aria-label={text.ranks.gridLabel(props.name)}
        handle={ref}
        total={total}
        tilePx={tilePx}
        tileHeightPx={tilePx + CAPTION_PX + (props.beside ? BESIDE_PX : 0)}
        gapPx={GAP_PX}
        renderTile={renderTile}
        tileLabel={tileLabel}
        onVisible={onVisible}
        active={selection.active}
        selection={{
          isSelected: (index) => isChosen(selection, index),
          select: (index, mode) => props.onSelection(choose(selection, index, mode)),
        }}
        onOpen={props.onOpen}
        onScrolled={onScrolled}
        underlay={(view) => <KLineGround view={view} cutRank={cutRank} />}
      />
      <KLineHandle
        line={line}
        total={total}
        scoreAtCut={props.scoreAtCut}
        place={place}
        handle={handle}
        goToLine={() => props.grid.current?.scrollToIndex(Math.max(0, cutRank - 1))}
      />
    </div>
  );
}
