/** All classes with their balance at the current K: one stop of the Tab key, arrows choose. */
import { TextInput } from '@mantine/core';
import { IconAlertTriangleFilled, IconSearch } from '@tabler/icons-react';
import { type KeyboardEvent, useId, useState } from 'react';
import { at } from '../../../main/at.ts';
import { foundClasses } from '../../classes/class-search.ts';
import { VirtualList } from '../../components/virtual-list.tsx';
import { text } from '../../text/en.ts';
import styles from './class-list.module.css';
import type { ClassStanding } from './class-precision.ts';

const ROW_PX = 46;
const NOTED_PX = 62;
const PAGE = 8;

export interface ClassListProps {
  readonly classes: readonly ClassStanding[];
  readonly k: number;
  readonly chosen: number;
  onChoose(classId: number): void;
}

export function ClassList({ classes, k, chosen, onChoose }: ClassListProps) {
  const words = text.ranks;
  const id = useId();
  const [search, setSearch] = useState('');
  const shown = foundClasses(classes, search);
  const place = shown.findIndex(({ classId }) => classId === chosen);

  const onKeyDown = (event: KeyboardEvent) => {
    const places = new Map([
      ['ArrowDown', Math.min(place + 1, shown.length - 1)],
      ['ArrowUp', Math.max(place - 1, 0)],
      ['PageDown', Math.min(place + PAGE, shown.length - 1)],
      ['PageUp', Math.max(place - PAGE, 0)],
      ['Home', 0],
      ['End', shown.length - 1],
    ]);
    const wanted = places.get(event.key);
    const next = wanted === undefined ? undefined : shown[wanted];
    if (!next) return;
    event.preventDefault();
    onChoose(next.classId);
  };

  return (
    <section className={styles.side} aria-label={words.classes}>
      <TextInput
        aria-label={words.searchClasses}
        placeholder={words.searchClasses}
        size="sm"
        leftSection={<IconSearch size={15} aria-hidden />}
        value={search}
        onChange={(event) => setSearch(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') document.getElementById(id)?.focus();
        }}
      />
      <VirtualList
        id={id}
        role="listbox"
        tabIndex={0}
        aria-label={words.classes}
        {...(place >= 0 ? { 'aria-activedescendant': `${id}-${chosen}` } : {})}
        className={styles.list ?? ''}
        onKeyDown={onKeyDown}
        total={shown.length}
        rowPx={shown.some(({ kept, vetoed, known }) => kept < k || vetoed > 0 || known) ? NOTED_PX : ROW_PX}
        mostPx="100%"
        at={place}
        renderRow={(index) => {
          const balance = at(shown, index);
          return (
            <ClassRow
              id={`${id}-${balance.classId}`}
              balance={balance}
              place={index + 1}
              classes={shown.length}
              k={k}
              chosen={balance.classId === chosen}
              onChoose={onChoose}
            />
          );
        }}
      />
      {shown.length === 0 ? <p className={styles.none}>{words.noClassMatches}</p> : null}
    </section>
  );
}

interface ClassRowProps {
  readonly id: string;
  readonly balance: ClassStanding;
  /** Its position among the classes, from 1. */
  readonly place: number;
  readonly classes: number;
  readonly k: number;
  readonly chosen: boolean;
  onChoose(classId: number): void;
}

function ClassRow({ id, balance, place, classes, k, chosen, onChoose }: ClassRowProps) {
  const words = text.ranks;
  const { kept, vetoed, name, colour, classId, known } = balance;
  const short = Math.max(0, k - kept);
  const share = k === 0 ? 0 : Math.min(1, kept / k);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list has the keys.
    <div
      id={id}
      role="option"
      tabIndex={-1}
      aria-selected={chosen}
      aria-posinset={place}
      aria-setsize={classes}
      aria-label={[words.classAria(name, kept, k, vetoed), ...(known ? [words.rightOf(known)] : [])].join(', ')}
      className={styles.row}
      onClick={() => onChoose(classId)}
    >
      <div className={styles.name}>
        <span className={styles.swatch} style={{ background: colour }} aria-hidden />
        <span className={styles.text} title={name}>
          {name}
        </span>
        {known ? (
          <span className={styles.precision} data-few={known.tooFew}>
            {words.right(known.precision)}
          </span>
        ) : (
          <span className={styles.count}>{words.classLine(kept, k)}</span>
        )}
      </div>
      <div className={styles.bar} data-short={short > 0} aria-hidden>
        <span className={styles.fill} style={{ inlineSize: `${share * 100}%` }} />
      </div>
      {short > 0 || vetoed > 0 || known ? (
        <div className={styles.notes} aria-hidden>
          {known ? <span>{words.rightRange(known)}</span> : null}
          {short > 0 ? (
            <span className={styles.short}>
              <IconAlertTriangleFilled size={12} /> {words.shortBy(short)}
            </span>
          ) : null}
          {vetoed > 0 ? <span>{`× ${vetoed} ${words.vetoed}`}</span> : null}
        </div>
      ) : null}
    </div>
  );
}
