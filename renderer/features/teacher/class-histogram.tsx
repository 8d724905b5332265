/** How many images the teacher assigned to each class first, as a table with bars: readable with and without the bars. */
import { Table, Text } from '@mantine/core';
import type { ClassBalance } from '../../../main/api/contract.ts';
import { at } from '../../../main/at.ts';
import { VirtualTable } from '../../components/virtual-table.tsx';
import { formatCount, formatPercent } from '../../format.ts';
import { text } from '../../text/en.ts';

const ROW_PX = 33;

export function ClassHistogram({ classes }: { readonly classes: readonly ClassBalance[] }) {
  const words = text.training.scoring;
  const total = classes.reduce((sum, { firsts }) => sum + firsts, 0);
  const most = classes.reduce((so, { firsts }) => Math.max(so, firsts), 1);
  const sorted = classes.toSorted((a, b) => b.firsts - a.firsts);
  return (
    <>
      <Text size="sm" c="dimmed" mb="sm">
        {words.histogramLead(total, classes.length)}
      </Text>
      <VirtualTable
        aria-label={words.histogram}
        columns={4}
        total={sorted.length}
        rowPx={ROW_PX}
        mostPx={520}
        minWidthPx={360}
        head={
          <>
            <Table.Th scope="col">{words.class}</Table.Th>
            <Table.Th scope="col" w="55%" aria-hidden="true" />
            <Table.Th scope="col" ta="end">
              {words.firsts}
            </Table.Th>
            <Table.Th scope="col" ta="end">
              {words.share}
            </Table.Th>
          </>
        }
        renderRow={(index, { height }) => {
          const { classId, name, firsts } = at(sorted, index);
          return (
            <Table.Tr key={classId} h={height}>
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
          );
        }}
      />
    </>
  );
}
