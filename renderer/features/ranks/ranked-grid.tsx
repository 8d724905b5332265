/** The whole ranking of a class as a grid, the K line through it, and the keys for decisions. */
import { useCallback, useLayoutEffect, useRef } from 'react';
import { choose, isChosen } from '../../acts/rank-selection.ts';
import type { GridLayout } from '../../components/grid-layout.ts';
import type { Range } from '../../components/pages-in-sight.ts';
import { type TileState, VirtualGrid } from '../../components/virtual-grid.tsx';
import { usePicturesAhead } from '../../images/use-pictures-ahead.ts';
import { text } from '../../text/en.ts';
import { KLineGround, KLineHandle, placeHandle } from './k-line.tsx';
import { RankTile, scoreText, tileStates } from './rank-tile.tsx';
import { useRanking } from './ranking-in-sight.ts';
import { useRanks } from './ranks-store.ts';
import styles from './ranks-view.module.css';

const CAPTION_PX = 20;
const BESIDE_PX = 16;
const GAP_PX = 18;

export function RankedGrid() {
  const { projectId, own, total, windows, line, nameOf } = useRanking();
  const { tilePx, besideRunId, selection, grid, select, openTab } = useRanks((store) => store);
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
          className={nameOf}
        />
      );
    },
    [projectId, itemAt, tilePx, cutRank, nameOf],
  );
  const tileLabel = (index: number) => {
    const item = itemAt(index);
    if (!item) return text.ranks.loadingTile(index + 1);
    return text.ranks.tileLabel(index + 1, scoreText(item.score, item.calibrated), tileStates(item, cutRank, nameOf));
  };
  return (
    <div className={styles.gridFrame}>
      <VirtualGrid
        aria-label={text.ranks.gridLabel(own?.name ?? '')}
        handle={grid}
        total={total}
        tilePx={tilePx}
        tileHeightPx={tilePx + CAPTION_PX + (besideRunId === null ? 0 : BESIDE_PX)}
        gapPx={GAP_PX}
        renderTile={renderTile}
        tileLabel={tileLabel}
        onVisible={onVisible}
        active={selection.active}
        selection={{
          isSelected: (index) => isChosen(selection, index),
          select: (index, mode) => select(choose(selection, index, mode)),
        }}
        onOpen={() => openTab('image')}
        onScrolled={onScrolled}
        underlay={(view) => <KLineGround view={view} cutRank={cutRank} />}
      />
      <KLineHandle
        line={line}
        total={total}
        scoreAtCut={own ? scoreText(own.scoreAtCut, own.calibratedAtCut) : ''}
        place={place}
        handle={handle}
        goToLine={() => grid.current?.scrollToIndex(Math.max(0, cutRank - 1))}
      />
    </div>
  );
}
