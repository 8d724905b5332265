/** The results of an experiment, complete or so far: the verdict, the plot, the table with its intervals, and the files. */
import { Button, Group, Stack, Table, Text, Title, useComputedColorScheme } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import type { ResultFile, ExperimentResults as Results } from '../../../main/api/contract.ts';
import { ShowInFileManager } from '../../components/show-in-file-manager.tsx';
import { QueryState } from '../../components/state-message.tsx';
import { formatDate, formatPercent } from '../../format.ts';
import { experimentAddress, useExperimentResults } from '../../queries/experiment-queries.ts';
import { text } from '../../text/en.ts';

const words = text.experiments;
const FILES = Object.keys(words.file) as ResultFile[];
const TONES = { above: 'var(--good)', below: 'var(--bad)', unclear: 'inherit' } as const;

interface ExperimentResultsProps {
  readonly projectId: string;
  readonly name: string;
}

export function ExperimentResults({ projectId, name }: ExperimentResultsProps) {
  const results = useExperimentResults(projectId, name);
  return (
    <section aria-label={words.results}>
      <QueryState query={results}>
        {(found) =>
          found === null ? <Text c="dimmed">{words.noResults}</Text> : <Found projectId={projectId} results={found} />
        }
      </QueryState>
    </section>
  );
}

function Found({ projectId, results }: { readonly projectId: string; readonly results: Results }) {
  const { name, title, verdict, judged, of, savedAt, folder } = results;
  const scheme = useComputedColorScheme('light');
  const at = encodeURIComponent(savedAt ?? `${judged}`);
  return (
    <Stack gap="md">
      <Title order={2}>
        {words.results}: {title}
      </Title>
      <Text role="status">{verdict ?? words.judged(judged, of)}</Text>
      {results.cells.length > 0 && (
        <img
          src={experimentAddress(projectId, name, `plot?scheme=${scheme}&at=${at}`)}
          alt={words.plot(title)}
          style={{ width: '100%', maxWidth: '60rem', height: 'auto' }}
        />
      )}
      <Cells results={results} />
      <Text size="sm" c="dimmed">
        {words.basis(results)}
        {savedAt !== null && ` · ${words.savedAt(formatDate(savedAt))}`}
      </Text>
      {folder !== null && (
        <Group gap="xs" role="group" aria-label={words.files}>
          <Text size="sm">{words.files}:</Text>
          {FILES.map((file) => (
            <Button
              key={file}
              component="a"
              href={experimentAddress(projectId, name, `files/${file}`)}
              download={`${name}-${file}`}
              size="xs"
              variant="default"
              leftSection={<IconDownload size={14} aria-hidden="true" />}
            >
              {words.file[file]}
            </Button>
          ))}
          <ShowInFileManager path={`${folder}/results.md`} />
        </Group>
      )}
    </Stack>
  );
}

function Cells({ results: { title, cells, against } }: { readonly results: Results }) {
  const { columns } = words;
  return (
    <Table.ScrollContainer minWidth={640} scrollAreaProps={{ viewportProps: { tabIndex: 0, 'aria-label': title } }}>
      <Table aria-label={title}>
        <Table.Thead>
          <Table.Tr>
            {[columns.cell, columns.top1, columns.interval, `${columns.against} “${against}”`, columns.seeds].map(
              (column) => (
                <Table.Th scope="col" key={column}>
                  {column}
                </Table.Th>
              ),
            )}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {cells.map(({ name, top1, difference, finding }) => (
            <Table.Tr key={name}>
              <Table.Th scope="row">{name}</Table.Th>
              <Table.Td fw={650}>{formatPercent(top1.mean)}</Table.Td>
              <Table.Td>{words.interval(top1.interval)}</Table.Td>
              <Table.Td style={{ color: difference ? TONES[finding] : 'inherit' }}>
                {difference
                  ? `${words.difference(difference.mean, difference.interval)}, ${words.findings[finding]}`
                  : name === against
                    ? words.reference
                    : '–'}
              </Table.Td>
              <Table.Td>{top1.perSeed.map((share) => formatPercent(share)).join(' · ')}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
