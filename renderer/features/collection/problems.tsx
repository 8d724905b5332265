/** The files that were left out, each with the reason. */
import { Button, Table, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { visible } from '../../../main/visible.ts';
import { QueryState } from '../../components/state-message.tsx';
import { useProblems } from '../../queries/collection-queries.ts';
import { text } from '../../text/en.ts';

const words = text.shell.collection;
const FIRST = 10;
const MORE = 200;

export function Problems({ projectId, total }: { readonly projectId: string; readonly total: number }) {
  const [limit, setLimit] = useState(FIRST);
  const problems = useProblems(projectId, limit);
  return (
    <section aria-labelledby="problems">
      <Title order={2} id="problems">
        {words.problems}
      </Title>
      {total === 0 && <Text c="dimmed">{words.noProblems}</Text>}
      <QueryState query={problems}>
        {(window) => (
          <>
            <Table>
              <Table.Tbody>
                {window.problems.map(({ path, reason }) => (
                  <Table.Tr key={path}>
                    <Table.Td style={{ overflowWrap: 'anywhere' }}>{visible(path)}</Table.Td>
                    <Table.Td>{reason}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
            {window.total > window.problems.length && limit < MORE && (
              <Button variant="default" size="xs" onClick={() => setLimit(MORE)}>
                {words.more(window.total - window.problems.length)}
              </Button>
            )}
          </>
        )}
      </QueryState>
    </section>
  );
}
