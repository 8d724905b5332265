/** How many images each class got first from the teacher, as a table with bars: readable with and without the bars. */
import { Table, Text } from '@mantine/core';
import type { ClassBalance } from '../../main/api/contract.ts';
import { formatCount, formatPercent } from '../format.ts';
import { text } from '../text/en.ts';

export function ClassHistogram({ classes }: { readonly classes: readonly ClassBalance[] }) {
  const words = text.training.scoring;
  const total = classes.reduce((sum, { firsts }) => sum + firsts, 0);
  const most = Math.max(1, ...classes.map(({ firsts }) => firsts));
  return (
    <>
      <Text size="sm" c="dimmed" mb="sm">
        {words.histogramLead(total, classes.length)}
      </Text>
      <Table.ScrollContainer
        minWidth={360}
        maxHeight={520}
        scrollAreaProps={{ viewportProps: { tabIndex: 0, 'aria-label': words.histogram } }}
      >
        <Table stickyHeader verticalSpacing={5} aria-label={words.histogram}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{words.class}</Table.Th>
              <Table.Th scope="col" w="55%" aria-hidden="true" />
              <Table.Th scope="col" ta="end">
                {words.firsts}
              </Table.Th>
              <Table.Th scope="col" ta="end">
                {words.share}
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody style={{ fontVariantNumeric: 'tabular-nums' }}>
            {classes
              .toSorted((a, b) => b.firsts - a.firsts)
              .map(({ classId, name, firsts }) => (
                <Table.Tr key={classId}>
                  <Table.Th scope="row" fw={500}>
                    {name}
                  </Table.Th>
                  <Table.Td aria-hidden="true">
                    <div
                      style={{
                        width: `${(100 * firsts) / most}%`,
                        minWidth: 2,
                        height: 12,
                        borderRadius: 3,
                        background: 'var(--teacher)',
                      }}
                    />
                  </Table.Td>
                  <Table.Td ta="end">{formatCount(firsts)}</Table.Td>
                  <Table.Td ta="end">{formatPercent(total === 0 ? 0 : firsts / total)}</Table.Td>
                </Table.Tr>
              ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </>
  );
}
