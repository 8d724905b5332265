/** The classes: how many images each has; rename, colour, key, merge. */
import { Button, Group, Table, TextInput, Title } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { ClassInfo } from '../../../main/api/contract.ts';
import { at } from '../../../main/at.ts';
import { ClassPicker } from '../../classes/class-picker.tsx';
import { ClassPicture } from '../../classes/class-picture.tsx';
import { foundClasses } from '../../classes/class-search.ts';
import { FailureState } from '../../components/state-message.tsx';
import { VirtualTable } from '../../components/virtual-table.tsx';
import { Writes } from '../../components/writing.tsx';
import { formatCount } from '../../format.ts';
import { type ClassChange, useClassActs } from '../../queries/collection-queries.ts';
import { text } from '../../text/en.ts';
import styles from './class-table.module.css';

const words = text.shell.collection;
const ROW_PX = 46;
const TALLEST_PX = 560;
const PICTURE_PX = 34;
/** Up to this many, classes are found without a search field. */
const MANY = 12;

export function ClassTable({
  projectId,
  classes,
}: {
  readonly projectId: string;
  readonly classes: readonly ClassInfo[];
}) {
  const { create, change, merge } = useClassActs(projectId);
  const error = create.error ?? change.error ?? merge.error;
  const { columns } = words;
  const [search, setSearch] = useState('');
  const found = foundClasses(classes, search);
  return (
    <section aria-labelledby="classes">
      <Group justify="space-between" align="flex-end">
        <Title order={2} id="classes">
          {words.classes}
        </Title>
        <NewClass onCreate={(name) => create.mutate(name)} />
      </Group>
      {error && <FailureState error={error} />}
      {classes.length > MANY && (
        <TextInput
          size="xs"
          maw={280}
          mb="xs"
          aria-label={text.shell.classes.find}
          placeholder={text.shell.classes.find}
          value={search}
          onChange={({ currentTarget }) => setSearch(currentTarget.value)}
        />
      )}
      <VirtualTable
        aria-label={words.classes}
        head={[columns.class, columns.key, columns.train, columns.heldOut, columns.byHand, columns.actions].map(
          (name) => <Table.Th key={name}>{name}</Table.Th>,
        )}
        columns={6}
        total={found.length}
        rowPx={ROW_PX}
        mostPx={TALLEST_PX}
        minWidthPx={720}
        renderRow={(index, { height }) => {
          const entry = at(found, index);
          return (
            <ClassRow
              key={entry.id}
              projectId={projectId}
              height={height}
              entry={entry}
              classes={classes}
              onChange={(values) => change.mutate(values)}
              onMerge={(intoClassId) => merge.mutate({ classId: entry.id, intoClassId })}
            />
          );
        }}
      />
    </section>
  );
}

interface ClassRowProps {
  readonly projectId: string;
  readonly height: number;
  readonly entry: ClassInfo;
  readonly classes: readonly ClassInfo[];
  readonly onChange: (change: ClassChange) => void;
  readonly onMerge: (intoClassId: number) => void;
}

function ClassRow({ projectId, height, entry, classes, onChange, onMerge }: ClassRowProps) {
  const [name, setName] = useState(entry.name);
  const rename = () => {
    if (name.trim() === '') setName(entry.name);
    else if (name.trim() !== entry.name) onChange({ classId: entry.id, name: name.trim() });
  };
  return (
    <Table.Tr h={height}>
      <Table.Td>
        <Group gap="xs" wrap="nowrap">
          <ClassPicture projectId={projectId} entry={entry} px={PICTURE_PX} />
          <Writes>
            <input
              type="color"
              className={styles.colour}
              aria-label={words.colour(entry.name)}
              title={words.colour(entry.name)}
              defaultValue={entry.colour}
              onBlur={({ currentTarget: { value } }) =>
                value !== entry.colour && onChange({ classId: entry.id, colour: value })
              }
            />
            <TextInput
              size="xs"
              aria-label={words.rename(entry.name)}
              value={name}
              onChange={({ currentTarget }) => setName(currentTarget.value)}
              onBlur={rename}
              onKeyDown={({ key }) => key === 'Enter' && rename()}
            />
          </Writes>
        </Group>
      </Table.Td>
      <Table.Td>
        <Writes>
          <TextInput
            size="xs"
            w={54}
            maxLength={1}
            aria-label={words.key(entry.name)}
            defaultValue={entry.key ?? ''}
            onBlur={({ currentTarget }) => {
              const key = currentTarget.value === '' ? null : currentTarget.value;
              if (key !== entry.key) onChange({ classId: entry.id, key });
            }}
          />
        </Writes>
      </Table.Td>
      <Table.Td>{entry.train + entry.heldOut === 0 ? words.noImagesInIt : formatCount(entry.train)}</Table.Td>
      <Table.Td>{formatCount(entry.heldOut)}</Table.Td>
      <Table.Td>{formatCount(entry.byHand)}</Table.Td>
      <Table.Td>
        <Writes>
          <ClassPicker
            label={words.merge}
            aria-label={words.mergeInto(entry.name)}
            // Only the menu that is open lists all classes.
            classes={classes}
            except={entry.id}
            onPick={onMerge}
          />
        </Writes>
      </Table.Td>
    </Table.Tr>
  );
}

function NewClass({ onCreate }: { readonly onCreate: (name: string) => void }) {
  const [name, setName] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() === '') return;
    onCreate(name.trim());
    setName('');
  };
  return (
    <form onSubmit={submit}>
      <Group gap="xs">
        <Writes>
          <TextInput
            size="xs"
            aria-label={words.className}
            placeholder={words.className}
            value={name}
            onChange={({ currentTarget }) => setName(currentTarget.value)}
          />
          <Button type="submit" size="xs" variant="default">
            {words.addClass}
          </Button>
        </Writes>
      </Group>
    </form>
  );
}
