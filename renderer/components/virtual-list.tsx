/** Any number of rows of equal height: only those in sight are in the document. Shorter lists are as tall as their rows. */
import type { HTMLAttributes, ReactNode } from 'react';
import { useLookScale } from './look-scale.ts';
import { useRowsInSight } from './rows-in-sight.ts';
import styles from './virtual-list.module.css';

interface VirtualListProps extends Omit<HTMLAttributes<HTMLDivElement>, 'children'> {
  readonly total: number;
  readonly rowPx: number;
  readonly mostPx: number | string;
  /** Kept in sight when it changes. */
  readonly at?: number;
  renderRow(index: number): ReactNode;
}

export function VirtualList({
  total,
  rowPx: usualPx,
  mostPx,
  at,
  renderRow,
  className,
  style,
  ...rest
}: VirtualListProps) {
  const scale = useLookScale();
  const rowPx = Math.round(scale * usualPx);
  const { viewport, first, end, onScroll } = useRowsInSight(total, rowPx, at);
  return (
    <div
      {...rest}
      ref={viewport}
      className={className === undefined ? styles.viewport : `${styles.viewport} ${className}`}
      style={{ ...style, maxBlockSize: typeof mostPx === 'number' ? scale * mostPx : mostPx }}
      onScroll={onScroll}
    >
      <div role="presentation" className={styles.rows} style={{ blockSize: total * rowPx }}>
        {Array.from({ length: Math.max(0, end - first) }, (_, offset) => first + offset).map((index) => (
          <div
            key={index}
            role="presentation"
            className={styles.row}
            style={{ blockSize: rowPx, transform: `translateY(${index * rowPx}px)` }}
          >
            {renderRow(index)}
          </div>
        ))}
      </div>
    </div>
  );
}
