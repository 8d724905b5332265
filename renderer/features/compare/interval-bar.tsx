/**
 * A drawing of a value with its interval on an axis. The numbers are below it as text, so that no information is in the drawing
 * alone.
 */
import styles from './interval-bar.module.css';

interface IntervalBarProps {
  readonly value: number;
  readonly interval: readonly [low: number, high: number];
  /** The ends of the axis, the same for all bars of a column. */
  readonly axis: readonly [from: number, to: number];
  readonly tone: 'teacher' | 'student';
  /** A line across, such as zero difference. */
  readonly mark?: number;
}

export function IntervalBar({ value, interval: [low, high], axis: [from, to], tone, mark }: IntervalBarProps) {
  const place = (at: number) => `${(100 * (at - from)) / (to - from)}%`;
  return (
    <div className={styles.axis} aria-hidden="true" style={{ color: `var(--${tone})` }}>
      {mark !== undefined && <span className={styles.mark} style={{ left: place(mark) }} />}
      <span className={styles.interval} style={{ left: place(low), right: `calc(100% - ${place(high)})` }} />
      <span className={tone === 'teacher' ? styles.square : styles.dot} style={{ left: place(value) }} />
    </div>
  );
}
