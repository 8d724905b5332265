/** The sources of a project, each with what was found in it. */
import { ActionIcon, Button, Group, Table, Text, Title } from '@mantine/core';
import { IconFolderSymlink, IconRefresh, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import type { Source } from '../../../main/api/contract.ts';
import { visible } from '../../../main/visible.ts';
import { Dialog } from '../../components/dialog.tsx';
import { FolderPicker } from '../../components/folder-picker.tsx';
import { FailureState } from '../../components/state-message.tsx';
import { Writes } from '../../components/writing.tsx';
import { formatCount } from '../../format.ts';
import { useSourceAct } from '../../queries/collection-queries.ts';
import { text } from '../../text/en.ts';

const words = text.shell.collection;

export function SourceTable({
  projectId,
  sources,
}: {
  readonly projectId: string;
  readonly sources: readonly Source[];
}) {
  const act = useSourceAct(projectId);
  const [asked, setAsked] = useState<{ readonly about: 'move' | 'remove'; readonly source: Source } | null>(null);
  const { columns } = words;
  return (
    <section aria-labelledby="sources">
      <Title order={2} id="sources">
        {words.sources}
      </Title>
      {act.error && <FailureState error={act.error} />}
      <Table.ScrollContainer
        minWidth={640}
        scrollAreaProps={{ viewportProps: { tabIndex: 0, 'aria-label': words.sources } }}
      >
        <Table>
          <Table.Thead>
            <Table.Tr>
              {[columns.folder, columns.kind, columns.images, columns.missing, columns.problems, columns.actions].map(
                (name) => (
                  <Table.Th key={name}>{name}</Table.Th>
                ),
              )}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {sources.map((source) => (
              <Table.Tr key={source.id}>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>
                  {visible(source.manifest ?? source.folder)}
                  {source.notes.map((note) => (
                    <Text key={note} size="sm" c="dimmed">
                      {note}
                    </Text>
                  ))}
                  {source.away !== null && (
                    <>
                      <Text size="sm" c="var(--bad)">
                        {words.absent(source.away)}
                      </Text>
                      <Writes>
                        <Button
                          size="compact-xs"
                          variant="light"
                          aria-label={`${words.whereNow} ${source.folder}`}
                          onClick={() => setAsked({ about: 'move', source })}
                        >
                          {words.whereNow}
                        </Button>
                      </Writes>
                    </>
                  )}
                </Table.Td>
                <Table.Td>
                  {words.kind[source.kind]}
                  {source.split && `, ${words.splits[source.split]}`}
                </Table.Td>
                <Table.Td>{formatCount(source.images)}</Table.Td>
                <Table.Td>{formatCount(source.missing)}</Table.Td>
                <Table.Td>{formatCount(source.problems)}</Table.Td>
                <Table.Td>
                  <Group gap={4} wrap="nowrap">
                    <Writes>
                      <ActionIcon
                        variant="subtle"
                        aria-label={`${words.rescan}: ${source.folder}`}
                        onClick={() => act.mutate({ act: 'rescan', sourceId: source.id })}
                      >
                        <IconRefresh size={16} />
                      </ActionIcon>
                      <ActionIcon
                        variant="subtle"
                        aria-label={`${words.move}: ${source.folder}`}
                        onClick={() => setAsked({ about: 'move', source })}
                      >
                        <IconFolderSymlink size={16} />
                      </ActionIcon>
                      <ActionIcon
                        variant="subtle"
                        color="red"
                        aria-label={`${words.remove}: ${source.folder}`}
                        onClick={() => setAsked({ about: 'remove', source })}
                      >
                        <IconTrash size={16} />
                      </ActionIcon>
                    </Writes>
                  </Group>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <Dialog
        opened={asked?.about === 'remove'}
        onClose={() => setAsked(null)}
        title={words.remove}
        closeButtonProps={{ 'aria-label': text.shell.cancel }}
      >
        <Text mb="md">{words.removeSure(asked?.source.folder ?? '')}</Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={() => setAsked(null)}>
            {text.shell.cancel}
          </Button>
          <Button
            color="red.9"
            onClick={() => {
              if (asked) act.mutate({ act: 'remove', sourceId: asked.source.id });
              setAsked(null);
            }}
          >
            {words.remove}
          </Button>
        </Group>
      </Dialog>
      <FolderPicker
        opened={asked?.about === 'move'}
        title={words.moveTitle}
        choose="folder"
        onClose={() => setAsked(null)}
        onChoose={(folder) => {
          if (asked) act.mutate({ act: 'move', sourceId: asked.source.id, folder });
          setAsked(null);
        }}
      />
    </section>
  );
}
