/** Picks a class by typing part of its name. Any number of classes; only those in sight are in the document. */
import { Button, type ButtonProps, Kbd, Popover, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconChevronDown } from '@tabler/icons-react';
import { type KeyboardEvent, useId, useState } from 'react';
import { VirtualList } from '../components/virtual-list.tsx';
import { text } from '../text/en.ts';
import styles from './class-picker.module.css';
import { foundClasses } from './class-search.ts';

const words = text.shell.classes;
const ROW_PX = 32;
const TALLEST_PX = 320;

export interface PickedClass {
  readonly id: number;
  readonly name: string;
  /** Shown beside it. */
  readonly key?: string | null;
}

interface ClassPickerProps extends Omit<ButtonProps, 'children' | 'onClick'> {
  /** The button's text, and its accessible name. */
  readonly label: string;
  readonly 'aria-label'?: string;
  readonly classes: readonly PickedClass[];
  /** A class that is not offered. */
  readonly except?: number;
  readonly onPick: (classId: number) => void;
  /** A first choice that is not a class. */
  readonly none?: string;
  readonly onNone?: () => void;
}

export function ClassPicker(props: ClassPickerProps) {
  const { label, classes, except, onPick, none, onNone, ...look } = props;
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <Popover
      opened={opened}
      onChange={(wanted) => !wanted && close()}
      trapFocus
      returnFocus
      shadow="md"
      width={280}
      position="bottom-start"
    >
      <Popover.Target>
        <Button
          size="xs"
          variant="default"
          rightSection={<IconChevronDown size={14} aria-hidden />}
          {...look}
          onClick={opened ? close : open}
        >
          {label}
        </Button>
      </Popover.Target>
      <Popover.Dropdown p="xs" aria-label={label}>
        {opened && (
          <Choices
            {...props}
            onPick={(classId) => {
              close();
              onPick(classId);
            }}
            onNone={() => {
              close();
              onNone?.();
            }}
          />
        )}
      </Popover.Dropdown>
    </Popover>
  );
}

function Choices({ label, classes: all, except, onPick, none, onNone }: ClassPickerProps) {
  const classes = except === undefined ? all : all.filter(({ id }) => id !== except);
  const id = useId();
  const [search, setSearch] = useState('');
  const [pointed, setPointed] = useState(0);
  const found = foundClasses(classes, search);
  const before = none === undefined || search !== '' ? 0 : 1;
  const total = found.length + before;
  const at = Math.min(pointed, total - 1);
  const classAt = (index: number) => found[index - before];
  const pick = (index: number) => {
    const chosen = classAt(index);
    if (chosen) onPick(chosen.id);
    else if (index === 0 && before === 1) onNone?.();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const page = Math.floor(TALLEST_PX / ROW_PX);
    const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page };
    const step = steps[event.key];
    if (step !== undefined) setPointed(Math.max(0, Math.min(at + step, total - 1)));
    else if (event.key === 'Enter') pick(at);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <TextInput
        size="xs"
        mb={6}
        data-autofocus
        role="combobox"
        aria-expanded
        aria-autocomplete="list"
        aria-controls={`${id}-list`}
        {...(total > 0 ? { 'aria-activedescendant': `${id}-${at}` } : {})}
        aria-label={words.find}
        placeholder={words.find}
        value={search}
        onChange={({ currentTarget }) => {
          setSearch(currentTarget.value);
          setPointed(0);
        }}
        onKeyDown={onKeyDown}
      />
      <VirtualList
        id={`${id}-list`}
        role="listbox"
        aria-label={label}
        tabIndex={-1}
        total={total}
        rowPx={ROW_PX}
        mostPx={TALLEST_PX}
        at={at}
        renderRow={(index) => (
          <Option
            id={`${id}-${index}`}
            pointed={index === at}
            entry={classAt(index)}
            none={none ?? ''}
            place={index + 1}
            total={total}
            onPick={() => pick(index)}
          />
        )}
      />
      {total === 0 && words.noneMatches}
    </>
  );
}

interface OptionProps {
  readonly id: string;
  readonly pointed: boolean;
  /** Undefined for the choice that is not a class. */
  readonly entry: PickedClass | undefined;
  readonly none: string;
  readonly place: number;
  readonly total: number;
  readonly onPick: () => void;
}

function Option({ id, pointed, entry, none, place, total, onPick }: OptionProps) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the keys.
    <div
      id={id}
      role="option"
      tabIndex={-1}
      aria-selected={pointed}
      aria-posinset={place}
      aria-setsize={total}
      className={styles.option}
      onMouseDown={(event) => event.preventDefault()}
      onClick={onPick}
    >
      <span className={styles.name}>{entry?.name ?? none}</span>
      {entry?.key && <Kbd size="xs">{entry.key}</Kbd>}
    </div>
  );
}
