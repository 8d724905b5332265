/** Rows of one height, any number: only those in sight are in the document. Shorter lists are as tall as their rows. */
import { type HTMLAttributes, type ReactNode, useLayoutEffect, useRef, useState } from 'react';
import styles from './virtual-list.module.css';

const OVERSCAN = 6;

interface VirtualListProps extends Omit<HTMLAttributes<HTMLDivElement>, 'children'> {
  readonly total: number;
  readonly rowPx: number;
  readonly mostPx: number | string;
  /** Kept in sight when it changes. */
  readonly at?: number;
  /** `place` goes onto the row's element. */
  renderRow(index: number): ReactNode;
}

export function VirtualList({ total, rowPx, mostPx, at, renderRow, className, style, ...rest }: VirtualListProps) {
  const viewport = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState({ top: 0, height: 0 });
  const measure = () => {
    const element = viewport.current;
    if (element) setSeen({ top: element.scrollTop, height: element.clientHeight });
  };
  useLayoutEffect(() => {
    const element = viewport.current;
    if (!element) return undefined;
    const look = () => setSeen({ top: element.scrollTop, height: element.clientHeight });
    const observer = new ResizeObserver(look);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    const element = viewport.current;
    if (!element || at === undefined || at < 0) return;
    const top = at * rowPx;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + rowPx > element.scrollTop + element.clientHeight)
      element.scrollTop = top + rowPx - element.clientHeight;
  }, [at, rowPx]);
  const first = Math.max(0, Math.floor(seen.top / rowPx) - OVERSCAN);
  const end = Math.min(total, Math.ceil((seen.top + seen.height) / rowPx) + OVERSCAN);
  return (
    <div
      {...rest}
      ref={viewport}
      className={className === undefined ? styles.viewport : `${styles.viewport} ${className}`}
      style={{ ...style, blockSize: total * rowPx, maxBlockSize: mostPx }}
      onScroll={measure}
    >
      <div role="presentation" style={{ blockSize: total * rowPx }}>
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
