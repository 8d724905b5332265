/** The classes with their keys: pressed to label, found by typing part of the name; the keys themselves can be changed here. */
import { Button, Kbd, Stack, TextInput } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import { type KeyboardEvent, type RefObject, useState } from 'react';
import { at } from '../../../main/at.ts';
import { type Act, titleOf } from '../../acts/act.ts';
import type { KeyedClass } from '../../classes/class-keys.ts';
import { ClassPicture } from '../../classes/class-picture.tsx';
import { foundClasses } from '../../classes/class-search.ts';
import { FailureState } from '../../components/state-message.tsx';
import { VirtualList } from '../../components/virtual-list.tsx';
import { formatCount } from '../../format.ts';
import { useClassActs } from '../../queries/collection-queries.ts';
import { text } from '../../text/en.ts';

const words = text.handLabelling;
const ROW_PX = 34;
const PICTURE_PX = 22;

interface ClassButtonsProps {
  readonly projectId: string;
  readonly classes: readonly KeyedClass[];
  /** One per class, in their order. */
  readonly acts: readonly Act[];
  /** Where an image may have several: the classes of the images that acts apply to. */
  readonly pressed?: ReadonlySet<number> | undefined;
  /** The search text. */
  readonly search: string;
  readonly onSearch: (typed: string) => void;
  readonly field: RefObject<HTMLInputElement | null>;
}

export function ClassButtons({ projectId, classes, acts, pressed, search, onSearch, field }: ClassButtonsProps) {
  const [setting, setSetting] = useState(false);
  const [pointed, setPointed] = useState(0);
  const { change } = useClassActs(projectId);
  const found = foundClasses(
    classes.map((entry, place) => ({ name: entry.name, entry, act: at(acts, place) })),
    search,
  );
  const place = Math.min(pointed, found.length - 1);
  const leave = () => {
    onSearch('');
    setPointed(0);
    field.current?.blur();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') setPointed(Math.min(place + 1, found.length - 1));
    else if (event.key === 'ArrowUp') setPointed(Math.max(0, place - 1));
    else if (event.key === 'Escape') leave();
    else if (event.key === 'Enter') {
      // Without search text, Enter gives no class.
      const act = search.trim() === '' ? undefined : found[place]?.act;
      if (act?.can) act.do();
      leave();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <Stack gap={6} component="section" aria-label={words.classes}>
      <TextInput
        ref={field}
        size="xs"
        aria-label={text.shell.classes.find}
        placeholder={text.shell.classes.find}
        value={search}
        onChange={({ currentTarget }) => {
          onSearch(currentTarget.value);
          setPointed(0);
        }}
        onKeyDown={onKeyDown}
      />
      <VirtualList
        aria-label={words.classes}
        role="group"
        tabIndex={0}
        total={found.length}
        rowPx={ROW_PX}
        mostPx="46dvh"
        at={search === '' ? 0 : place}
        renderRow={(index) => {
          const { entry, act } = at(found, index);
          return setting ? (
            <KeyField
              key={`${entry.id} ${entry.key}`}
              entry={entry}
              onKey={(key) => change.mutate({ classId: entry.id, key })}
            />
          ) : (
            <ClassButton
              projectId={projectId}
              entry={entry}
              act={act}
              pointed={search !== '' && index === place}
              pressed={pressed?.has(entry.id)}
            />
          );
        }}
      />
      {found.length === 0 && text.shell.classes.noneMatches}
      {change.error && <FailureState error={change.error} />}
      <Button size="compact-xs" variant="subtle" onClick={() => setSetting(!setting)}>
        {setting ? words.keysSet : words.setKeys}
      </Button>
    </Stack>
  );
}

interface ClassButtonProps {
  readonly projectId: string;
  readonly entry: KeyedClass;
  readonly act: Act;
  readonly pointed: boolean;
  /** Undefined where an image has one class. */
  readonly pressed: boolean | undefined;
}

function ClassButton({ projectId, entry, act, pointed, pressed }: ClassButtonProps) {
  return (
    <Button
      size="xs"
      fullWidth
      variant={pointed || pressed ? 'light' : 'default'}
      aria-pressed={pressed}
      justify="space-between"
      styles={{ label: { flex: 1, justifyContent: 'flex-start' } }}
      leftSection={
        <>
          {entry.key !== '' && <Kbd size="xs">{entry.key}</Kbd>}
          <ClassPicture projectId={projectId} entry={entry} px={PICTURE_PX} />
        </>
      }
      rightSection={
        <>
          {pressed && <IconCheck size={14} aria-hidden="true" />}
          <span title={words.count(entry.train)}>{formatCount(entry.train)}</span>
        </>
      }
      title={titleOf(act)}
      disabled={!act.can}
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => act.do()}
    >
      {entry.name}
    </Button>
  );
}

function KeyField({ entry, onKey }: { readonly entry: KeyedClass; readonly onKey: (key: string | null) => void }) {
  const [typed, setTyped] = useState(entry.key);
  const keep = () => {
    if (typed !== entry.key) onKey(typed.trim() === '' ? null : typed);
  };
  return (
    <TextInput
      size="xs"
      label={entry.name}
      aria-label={words.keyOf(entry.name)}
      styles={{ root: { display: 'flex', alignItems: 'center', gap: 8 }, label: { flex: 1 }, wrapper: { width: 54 } }}
      maxLength={1}
      value={typed}
      onFocus={({ currentTarget }) => currentTarget.select()}
      onChange={({ currentTarget }) => setTyped(currentTarget.value)}
      onBlur={keep}
      onKeyDown={({ key }) => key === 'Enter' && keep()}
    />
  );
}
