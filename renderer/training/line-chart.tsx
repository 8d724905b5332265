/**
 * A line chart of trainings over images processed. uPlot draws the picture and is loaded lazily; live data is appended without
 * rebuilding the chart. Arrow keys read the values aloud; a table gives the same without the picture.
 */
import { Table, useComputedColorScheme, VisuallyHidden } from '@mantine/core';
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import { formatCount } from '../format.ts';
import { text } from '../text/en.ts';
import { aligned, type Line, tablePlaces, valueNear } from './curve-data.ts';
import styles from './line-chart.module.css';
import type { LinePlot, Mark } from './line-plot.ts';

interface LineChartProps {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly marks?: readonly Mark[];
  readonly format: (value: number) => string;
  /** Shown while there is no point yet. */
  readonly waiting?: string;
}

const NO_MARKS: readonly Mark[] = [];
const TABLE_ROWS = 12;
const compact = new Intl.NumberFormat(undefined, { notation: 'compact' });

export function LineChart({ title, lines, marks = NO_MARKS, format, waiting }: LineChartProps) {
  const words = text.training.curves;
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<LinePlot>(null);
  const [place, setPlace] = useState<number | null>(null);
  const [drawn, setDrawn] = useState(0);
  const scheme = useComputedColorScheme('light');
  const data = useMemo(() => aligned(lines), [lines]);
  const looks = lines
    .map(({ key, tone, dash, band }) => `${key} ${tone} ${dash.join()} ${band !== undefined}`)
    .join('|');
  const empty = data.x.length === 0;

  // biome-ignore lint/correctness/useExhaustiveDependencies: only other lines or other colours need a new chart; data is appended below
  useEffect(() => {
    const element = host.current;
    if (!element || empty) return;
    let gone = false;
    const watch = new ResizeObserver(() => plot.current?.resize(element.clientWidth));
    void import('./line-plot.ts').then((loaded) => {
      if (gone) return;
      plot.current = new loaded.LinePlot(element, lines, { value: format, images: compact.format }, marks, setPlace);
      watch.observe(element);
      setDrawn((count) => count + 1);
    });
    return () => {
      gone = true;
      watch.disconnect();
      plot.current?.remove();
      plot.current = null;
    };
  }, [looks, scheme, empty]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `drawn` says that there is a chart to fill
  useEffect(() => plot.current?.show(data, marks), [data, marks, drawn]);

  const summary = lines.flatMap(({ name, points }) => {
    const last = points.at(-1);
    return last ? [words.ends(name, format(last[1]), last[0])] : [];
  });
  const at = place === null ? undefined : data.x[place];
  const reading =
    at === undefined
      ? undefined
      : lines.flatMap((line) => {
          const value = valueNear(line, at);
          return value === undefined ? [] : [`${line.name} ${format(value)}`];
        });

  const move = (event: KeyboardEvent) => {
    const last = data.x.length - 1;
    const step = Math.max(1, Math.round(last / 50));
    const targets: Readonly<Record<string, number>> = {
      ArrowLeft: Math.max(0, (place ?? last) - step),
      ArrowRight: Math.min(last, (place ?? -step) + step),
      Home: 0,
      End: last,
    };
    const target = targets[event.key];
    if (target === undefined || empty) return;
    event.preventDefault();
    plot.current?.pointAt(target);
    setPlace(target);
  };

  if (empty) {
    return (
      <figure className={styles.figure}>
        <figcaption className={styles.caption}>{title}</figcaption>
        <div className={styles.waiting} style={{ height: 220 }}>
          {waiting ?? words.waiting}
        </div>
      </figure>
    );
  }
  return (
    <figure className={styles.figure}>
      <figcaption className={styles.caption}>
        {title}
        <span className={styles.reading} role="status">
          {at === undefined || !reading ? '' : `${words.at(at)}: ${reading.join(', ')}`}
        </span>
      </figcaption>
      <div
        ref={host}
        className={styles.plot}
        style={{ height: 220 }}
        role="img"
        aria-label={`${title}. ${summary.join('; ')}. ${words.keys}`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys read the chart
        tabIndex={0}
        onKeyDown={move}
      />
      <details className={styles.table}>
        <summary>
          {words.table}
          <VisuallyHidden> ({title})</VisuallyHidden>
        </summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable */}
        <section className={styles.scroll} tabIndex={0} aria-label={title}>
          <Table stickyHeader>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">{words.images}</Table.Th>
                {lines.map(({ key, name }) => (
                  <Table.Th key={key} scope="col">
                    {name}
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {tablePlaces(data.x, TABLE_ROWS).map((images) => (
                <Table.Tr key={images}>
                  <Table.Th scope="row">{formatCount(images)}</Table.Th>
                  {lines.map((line) => {
                    const value = valueNear(line, images);
                    return <Table.Td key={line.key}>{value === undefined ? '' : format(value)}</Table.Td>;
                  })}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </section>
      </details>
    </figure>
  );
}

/** The names of the lines, each with its colour and dash, once for several charts. */
export function LineKeys({ lines }: { readonly lines: readonly Line[] }) {
  return (
    <ul className={styles.keys}>
      {lines.map(({ key, name, tone, dash }) => (
        <li key={key}>
          <svg viewBox="0 0 34 8" aria-hidden="true">
            <line
              x1="0"
              y1="4"
              x2="34"
              y2="4"
              stroke={`var(--${tone})`}
              strokeWidth="2.5"
              strokeDasharray={dash.join(' ')}
            />
          </svg>
          {name}
        </li>
      ))}
    </ul>
  );
}
