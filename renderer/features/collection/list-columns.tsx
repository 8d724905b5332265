/** The meaning of the columns of a list of images: guessed from their names, corrected by a person who sees the first rows. */
import { Button, Group, NativeSelect, SegmentedControl, SimpleGrid, Stack, Table, Text } from '@mantine/core';
import { useState } from 'react';
import type { ManifestColumns, ManifestLook, ManifestRole, SourceKind } from '../../../main/api/contract.ts';
import { visible } from '../../../main/visible.ts';
import { Dialog } from '../../components/dialog.tsx';
import { FailureState, LoadingState } from '../../components/state-message.tsx';
import { fileNameOf } from '../../file-name.ts';
import { useList } from '../../queries/collection-queries.ts';
import { text } from '../../text/en.ts';

const words = text.shell.collection.list;

interface ListColumnsProps {
  readonly projectId: string;
  /** Null: the dialog is closed. */
  readonly file: string | null;
  readonly firstKind: SourceKind;
  readonly onClose: () => void;
  readonly onAdd: (kind: SourceKind, columns: ManifestColumns) => void;
}

export function ListColumns({ projectId, file, firstKind, onClose, onAdd }: ListColumnsProps) {
  const { data, error } = useList(projectId, file);
  return (
    <Dialog
      opened={file !== null}
      onClose={onClose}
      title={words.title(fileNameOf(file ?? ''))}
      size="xl"
      closeButtonProps={{ 'aria-label': text.shell.cancel }}
    >
      {error && <FailureState error={error} />}
      {!data && !error && <LoadingState />}
      {data && <Columns look={data} firstKind={firstKind} onClose={onClose} onAdd={onAdd} />}
    </Dialog>
  );
}

type Roles = ManifestLook['guessed'];

interface ColumnsProps extends Pick<ListColumnsProps, 'firstKind' | 'onClose' | 'onAdd'> {
  readonly look: ManifestLook;
}

function Columns({ look, firstKind, onClose, onAdd }: ColumnsProps) {
  const [kind, setKind] = useState(firstKind);
  const [roles, setRoles] = useState<Roles>(look.guessed);
  const missing = missingIn(roles, kind);
  return (
    <Stack>
      <SegmentedControl
        aria-label={words.kind}
        value={kind}
        onChange={(value) => setKind(value === 'unlabelled' ? 'unlabelled' : 'labelled')}
        data={(['labelled', 'unlabelled'] as const).map((value) => ({
          value,
          label: text.shell.collection.kind[value],
        }))}
      />
      <SimpleGrid cols={{ base: 1, xs: 2, sm: 3 }}>
        {(Object.entries(roles) as [ManifestRole, string | null][]).map(([role, column]) => (
          <NativeSelect
            key={role}
            label={words.roles[role]}
            value={column ?? ''}
            onChange={({ currentTarget: { value } }) => setRoles({ ...roles, [role]: value === '' ? null : value })}
            data={[
              { value: '', label: words.none },
              ...look.columns.map((column) => ({ value: column, label: visible(column) })),
            ]}
          />
        ))}
      </SimpleGrid>
      <Preview look={look} />
      {missing !== null && (
        <Text size="sm" role="status">
          {missing}
        </Text>
      )}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {text.shell.cancel}
        </Button>
        <Button disabled={missing !== null} onClick={() => onAdd(kind, roles)}>
          {words.add}
        </Button>
      </Group>
    </Stack>
  );
}

function missingIn({ path, tar, key, label }: Roles, kind: SourceKind): string | null {
  if (path === null && (tar === null || key === null)) return words.noPath;
  return kind === 'labelled' && label === null ? words.noLabel : null;
}

function Preview({ look }: { readonly look: ManifestLook }) {
  return (
    <Table.ScrollContainer
      minWidth={400}
      scrollAreaProps={{ viewportProps: { tabIndex: 0, 'aria-label': words.preview } }}
    >
      <Table aria-label={words.preview}>
        <Table.Thead>
          <Table.Tr>
            {look.columns.map((column) => (
              <Table.Th key={column}>{visible(column)}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {look.rows.map((cells, row) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows of a file have no other name
            <Table.Tr key={row}>
              {cells.map((cell, column) => (
                <Table.Td key={look.columns[column]}>{visible(cell)}</Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
