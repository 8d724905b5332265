/**
 * A confusion matrix of many classes as one picture, one dot per cell, with confused classes next to each other. It is one stop
 * of the Tab key: arrows move over it, Enter opens the images of a cell; the table below shows the surrounding cells.
 */
import { Text } from '@mantine/core';
import { useResizeObserver } from '@mantine/hooks';
import { type KeyboardEvent, type MouseEvent, useEffect, useId, useRef } from 'react';
import { at } from '../../../main/at.ts';
import { text } from '../../text/en.ts';
import styles from './confusion-map.module.css';
import { type Cell, type Confusion, movedBy } from './confusions.ts';

const words = text.compare;
const MOST_PX = 720;
const LEAST_CELL_PX = 1;
/** The faintest shade that is still visible. */
const LEAST_SHADE = 0.18;

interface ConfusionMapProps {
  readonly names: readonly string[];
  readonly confusion: Confusion;
  /** The classes in drawing order. */
  readonly order: readonly number[];
  /** Positions in that order. */
  readonly active: Cell;
  readonly onActive: (cell: Cell) => void;
  readonly onOpen: (trueClass: number, predictedClass: number) => void;
}

export function ConfusionMap({ names, confusion, order, active, onActive, onOpen }: ConfusionMapProps) {
  const hint = useId();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [frame, box] = useResizeObserver<HTMLDivElement>();
  const side = Math.floor(Math.min(MOST_PX, box.width || MOST_PX));
  const cell = Math.max(LEAST_CELL_PX, side / order.length);
  useEffect(() => {
    if (canvas.current) draw(canvas.current, confusion, order, side);
  }, [confusion, order, side]);

  const countAt = ({ row, column }: Cell) => at(at(confusion, at(order, row)), at(order, column));
  const open = (place: Cell) => {
    if (countAt(place) > 0) onOpen(at(order, place.row), at(order, place.column));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const next = movedBy(event, active, order.length, (place) => countAt(place) > 0);
    if (next) onActive(next);
    else if (event.key === 'Enter' || event.key === ' ') open(active);
    else return;
    event.preventDefault();
  };
  const placeOf = ({ nativeEvent }: MouseEvent): Cell => {
    const place = (offset: number) => Math.max(0, Math.min(order.length - 1, Math.floor(offset / cell)));
    return { row: place(nativeEvent.offsetY), column: place(nativeEvent.offsetX) };
  };
  const [trueClass, predicted] = [at(order, active.row), at(order, active.column)];
  return (
    <div ref={frame} className={styles.frame}>
      <div
        role="application"
        aria-roledescription={words.map.kind}
        aria-label={words.map.label(order.length)}
        aria-describedby={hint}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it is worked by keys.
        tabIndex={0}
        className={styles.map}
        style={{ inlineSize: side, blockSize: side }}
        onKeyDown={onKeyDown}
        onClick={(event) => {
          const place = placeOf(event);
          onActive(place);
          if (place.row === active.row && place.column === active.column) open(place);
        }}
      >
        <canvas ref={canvas} className={styles.canvas} aria-hidden />
        <span
          aria-hidden
          className={styles.cursor}
          style={{
            insetInlineStart: active.column * cell,
            insetBlockStart: active.row * cell,
            inlineSize: cell,
            blockSize: cell,
          }}
        />
      </div>
      <Text size="sm" role="status" fw={600}>
        {words.cell(at(names, trueClass), at(names, predicted), countAt(active))}
      </Text>
      <Text size="sm" c="dimmed" id={hint}>
        {words.map.keys}
      </Text>
    </div>
  );
}

function draw(canvas: HTMLCanvasElement, confusion: Confusion, order: readonly number[], side: number): void {
  const scale = window.devicePixelRatio;
  const pixels = Math.round(side * scale);
  canvas.width = pixels;
  canvas.height = pixels;
  const context = canvas.getContext('2d');
  if (!context) return;
  const looks = getComputedStyle(canvas);
  const [good, bad] = [looks.getPropertyValue('--student'), looks.getPropertyValue('--bad')];
  const cell = pixels / order.length;
  const drawn = Math.max(1, Math.ceil(cell) - (cell > 6 ? 1 : 0));
  for (const [row, trueClass] of order.entries()) {
    const counts = at(confusion, trueClass);
    const images = counts.reduce((sum, count) => sum + count, 0);
    if (images === 0) continue;
    for (const [column, predicted] of order.entries()) {
      const count = at(counts, predicted);
      if (count === 0) continue;
      context.globalAlpha = LEAST_SHADE + (1 - LEAST_SHADE) * Math.sqrt(count / images);
      context.fillStyle = row === column ? good : bad;
      context.fillRect(Math.floor(column * cell), Math.floor(row * cell), drawn, drawn);
    }
  }
}
