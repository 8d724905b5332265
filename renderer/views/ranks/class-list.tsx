/** All classes with their balance at the present K: one stop of the Tab key, arrows choose. */
import { TextInput } from '@mantine/core';
import { IconAlertTriangleFilled, IconSearch } from '@tabler/icons-react';
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import type { ClassBalance } from '../../../main/api/contract.ts';
import { text } from '../../text/en.ts';
import styles from './class-list.module.css';

export interface ClassListProps {
  readonly classes: readonly ClassBalance[];
  readonly k: number;
  readonly chosen: number;
  onChoose(classId: number): void;
}

export function ClassList({ classes, k, chosen, onChoose }: ClassListProps) {
  const words = text.ranks;
  const id = useId();
  const [search, setSearch] = useState('');
  const list = useRef<HTMLDivElement>(null);
  const wanted = search.trim().toLocaleLowerCase();
  const shown = classes.filter(({ name }) => name.toLocaleLowerCase().includes(wanted));

  useEffect(() => {
    document.getElementById(`${id}-${chosen}`)?.scrollIntoView({ block: 'nearest' });
  }, [id, chosen]);

  const onKeyDown = (event: KeyboardEvent) => {
    const at = shown.findIndex(({ classId }) => classId === chosen);
    const places: Readonly<Record<string, number>> = {
      ArrowDown: Math.min(at + 1, shown.length - 1),
      ArrowUp: Math.max(at - 1, 0),
      Home: 0,
      End: shown.length - 1,
    };
    const place = places[event.key];
    const next = place === undefined ? undefined : shown[place];
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
          if (event.key === 'ArrowDown') list.current?.focus();
        }}
      />
      <div
        ref={list}
        role="listbox"
        tabIndex={0}
        aria-label={words.classes}
        aria-activedescendant={`${id}-${chosen}`}
        className={styles.list}
        onKeyDown={onKeyDown}
      >
        {shown.map((balance) => (
          <ClassRow
            key={balance.classId}
            id={`${id}-${balance.classId}`}
            balance={balance}
            k={k}
            chosen={balance.classId === chosen}
            onChoose={onChoose}
          />
        ))}
        {shown.length === 0 ? <p className={styles.none}>{words.noClassMatches}</p> : null}
      </div>
    </section>
  );
}

interface ClassRowProps {
  readonly id: string;
  readonly balance: ClassBalance;
  readonly k: number;
  readonly chosen: boolean;
  onChoose(classId: number): void;
}

function ClassRow({ id, balance, k, chosen, onChoose }: ClassRowProps) {
  const words = text.ranks;
  const { kept, vetoed, name, colour, classId } = balance;
  const short = Math.max(0, k - kept);
  const share = k === 0 ? 0 : Math.min(1, kept / k);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list has the keys.
    <div
      id={id}
      role="option"
      tabIndex={-1}
      aria-selected={chosen}
      aria-label={words.classAria(name, kept, k, vetoed)}
      className={styles.row}
      onClick={() => onChoose(classId)}
    >
      <div className={styles.name}>
        <span className={styles.swatch} style={{ background: colour }} aria-hidden />
        <span className={styles.text}>{name}</span>
        <span className={styles.count}>{words.classLine(kept, k)}</span>
      </div>
      <div className={styles.bar} data-short={short > 0} aria-hidden>
        <span className={styles.fill} style={{ inlineSize: `${share * 100}%` }} />
      </div>
      {short > 0 || vetoed > 0 ? (
        <div className={styles.notes} aria-hidden>
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
