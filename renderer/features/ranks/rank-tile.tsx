/** One image of a ranking: the picture, its rank and score, and the decisions about it, each as a word. */
import { IconCopy, IconPinFilled, IconTag, IconX } from '@tabler/icons-react';
import { memo } from 'react';
import type { RankedItem } from '../../../main/api/contract.ts';
import { scaled } from '../../components/look-scale.ts';
import { formatCount } from '../../format.ts';
import { Picture } from '../../images/picture.tsx';
import { text } from '../../text/en.ts';

import { besideShort, besideText } from './rank-movement.ts';
import styles from './rank-tile.module.css';

export interface RankTileProps {
  readonly projectId: string;
  readonly rank: number;
  readonly item: RankedItem | undefined;
  readonly boxPx: number;
  readonly selected: boolean;
  readonly below: boolean;
  readonly className: (classId: number) => string;
}

export const RankTile = memo(function RankTile(props: RankTileProps) {
  const { item, rank, selected, below, boxPx } = props;
  return (
    <div className={styles.tile} data-selected={selected} data-below={below} data-verdict={item?.verdict ?? 'none'}>
      <div className={styles.box} style={{ blockSize: scaled(boxPx) }}>
        {item ? (
          <Picture projectId={props.projectId} imageId={item.imageId} boxPx={boxPx} alt="" key={item.imageId} />
        ) : null}
        {item ? <Badges item={item} className={props.className} /> : null}
        {selected ? <span className={styles.chosen} aria-hidden /> : null}
      </div>
      <div className={styles.caption}>
        <span className={styles.rank}>{formatCount(rank)}</span>
        <span>{item ? formatScore(item.calibrated ?? item.score) : ''}</span>
      </div>
      {item?.rankBeside !== undefined && (
        <div className={styles.beside} title={besideText(rank, item.rankBeside)}>
          {besideShort(rank, item.rankBeside)}
        </div>
      )}
    </div>
  );
});

function Badges({ item, className }: { readonly item: RankedItem; readonly className: (classId: number) => string }) {
  const { badges } = text.ranks;
  return (
    <div className={styles.badges}>
      {item.verdict === 'veto' ? (
        <span className={styles.veto}>
          <IconX size={12} stroke={3} aria-hidden /> {badges.veto}
        </span>
      ) : null}
      {item.verdict === 'pin' ? (
        <span className={styles.pin}>
          <IconPinFilled size={12} aria-hidden /> {badges.pin}
        </span>
      ) : null}
      {item.setAside ? (
        <span className={styles.aside}>
          <IconCopy size={12} aria-hidden /> {badges[item.setAside]}
        </span>
      ) : null}
      {item.labelledAs !== null ? (
        <span className={styles.label}>
          <IconTag size={12} aria-hidden /> {className(item.labelledAs)}
        </span>
      ) : null}
    </div>
  );
}

export function formatScore(score: number): string {
  return score.toFixed(score >= 0.9995 || score < 0.001 ? 4 : 3);
}

/** A displayed score, and whether it is calibrated. */
export function scoreText(score: number, calibrated: number | null): string {
  return text.ranks.scoreOf(formatScore(calibrated ?? score), calibrated !== null);
}

export function tileStates(item: RankedItem, cutRank: number, className: (classId: number) => string): string[] {
  const { states } = text.ranks;
  return [
    item.kept ? text.ranks.aboveLine : item.rank > cutRank ? text.ranks.belowLine : null,
    item.verdict ? states[item.verdict] : null,
    item.setAside ? states[item.setAside] : null,
    item.labelledAs === null ? null : states.labelled(className(item.labelledAs)),
    item.rankBeside === undefined ? null : besideText(item.rank, item.rankBeside),
  ].filter((state) => state !== null);
}
