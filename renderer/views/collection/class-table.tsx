/** The classes: how many images each has; rename, colour, key, merge. */
import { Button, ColorInput, Group, NativeSelect, Table, TextInput, Title } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { ClassInfo } from '../../../main/api/contract.ts';
import { FailureState } from '../../components/state-message.tsx';
import { formatCount } from '../../format.ts';
import { text } from '../../text/en.ts';
import { type ClassChange, useClassActs } from './collection-queries.ts';

const words = text.shell.collection;

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
  return (
    <section aria-labelledby="classes">
      <Group justify="space-between" align="flex-end">
        <Title order={2} id="classes">
          {words.classes}
        </Title>
        <NewClass onCreate={(name) => create.mutate(name)} />
      </Group>
      {error && <FailureState error={error} />}
      <Table.ScrollContainer
        minWidth={720}
        scrollAreaProps={{ viewportProps: { tabIndex: 0, 'aria-label': words.classes } }}
      >
        <Table>
          <Table.Thead>
            <Table.Tr>
              {[columns.class, columns.key, columns.train, columns.heldOut, columns.byHand, columns.actions].map(
                (name) => (
                  <Table.Th key={name}>{name}</Table.Th>
                ),
              )}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {classes.map((entry) => (
              <ClassRow
                key={entry.id}
                entry={entry}
                others={classes.filter(({ id }) => id !== entry.id)}
                onChange={(values) => change.mutate(values)}
                onMerge={(intoClassId) => merge.mutate({ classId: entry.id, intoClassId })}
              />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </section>
  );
}

interface ClassRowProps {
  readonly entry: ClassInfo;
  readonly others: readonly ClassInfo[];
  readonly onChange: (change: ClassChange) => void;
  readonly onMerge: (intoClassId: number) => void;
}

function ClassRow({ entry, others, onChange, onMerge }: ClassRowProps) {
  const [name, setName] = useState(entry.name);
  const rename = () => {
    if (name.trim() === '') setName(entry.name);
    else if (name.trim() !== entry.name) onChange({ classId: entry.id, name: name.trim() });
  };
  return (
    <Table.Tr>
      <Table.Td>
        <Group gap="xs" wrap="nowrap">
          <ColorInput
            w={110}
            size="xs"
            format="hex"
            withEyeDropper={false}
            aria-label={words.colour(entry.name)}
            defaultValue={entry.colour}
            onChangeEnd={(colour) => onChange({ classId: entry.id, colour })}
          />
          <TextInput
            size="xs"
            aria-label={words.rename(entry.name)}
            value={name}
            onChange={({ currentTarget }) => setName(currentTarget.value)}
            onBlur={rename}
            onKeyDown={({ key }) => key === 'Enter' && rename()}
          />
        </Group>
      </Table.Td>
      <Table.Td>
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
      </Table.Td>
      <Table.Td>{entry.train + entry.heldOut === 0 ? words.noImagesInIt : formatCount(entry.train)}</Table.Td>
      <Table.Td>{formatCount(entry.heldOut)}</Table.Td>
      <Table.Td>{formatCount(entry.byHand)}</Table.Td>
      <Table.Td>
        <NativeSelect
          size="xs"
          aria-label={words.mergeInto(entry.name)}
          value=""
          onChange={({ currentTarget }) => currentTarget.value !== '' && onMerge(Number(currentTarget.value))}
          data={[
            { value: '', label: words.merge },
            ...others.map((other) => ({ value: String(other.id), label: other.name })),
          ]}
        />
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
      </Group>
    </form>
  );
}
