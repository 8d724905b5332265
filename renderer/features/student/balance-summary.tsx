/** What the student would learn from at the current K: classes short of it first, before time is spent on training. */
import { Alert, Button, Card, Group, Skeleton, Stack, Table, Text, Title } from '@mantine/core';
import { Link } from 'wouter';
import { at } from '../../../main/at.ts';
import { VirtualTable } from '../../components/virtual-table.tsx';
import { formatCount } from '../../format.ts';
import { useBalance, useRanksOverview } from '../../queries/ranks-queries.ts';
import { text } from '../../text/en.ts';

const ROW_PX = 33;

export function BalanceSummary({ projectId }: { readonly projectId: string }) {
  const words = text.training.student;
  const overview = useRanksOverview(projectId);
  const labelRun = overview.data?.labelRuns[0];
  const { data: balance, error, isPending } = useBalance(labelRun ? { projectId, labelRunId: labelRun.runId } : null);
  const k = balance?.settings.k ?? 0;
  const short = (balance?.classes ?? []).filter(({ kept }) => kept < k).toSorted((a, b) => a.kept - b.kept);
  return (
    <Card withBorder radius="md" padding="lg" component="section" aria-label={words.balance}>
      <Stack gap="sm">
        <Group justify="space-between">
          <Title order={2} size="h4">
            {words.balance}
          </Title>
          {labelRun && (
            <Button component={Link} href={`/projects/${projectId}/ranks`} variant="default" size="xs">
              {words.ranks}
            </Button>
          )}
        </Group>
        {(overview.error ?? error) && <Alert color="red">{(overview.error ?? error)?.message}</Alert>}
        {overview.data && !labelRun && <Text c="dimmed">{words.noRanks}</Text>}
        {(overview.isPending || (labelRun && isPending)) && <Skeleton height={80} />}
        {balance && (
          <>
            <Text>{words.selected(balance.selected, k)}</Text>
            {short.length === 0 ? (
              <Text size="sm" c="dimmed">
                ✓ {words.enough}
              </Text>
            ) : (
              <>
                <Alert color="orange" title={words.shortages(short.length)}>
                  {words.shortLead}
                </Alert>
                <VirtualTable
                  aria-label={words.shortages(short.length)}
                  columns={3}
                  total={short.length}
                  rowPx={ROW_PX}
                  mostPx={260}
                  minWidthPx={320}
                  renderRow={(index, { height }) => {
                    const { classId, name, kept } = at(short, index);
                    return (
                      <Table.Tr key={classId} h={height}>
                        <Table.Th scope="row" fw={500}>
                          {name}
                        </Table.Th>
                        <Table.Td w="45%" aria-hidden="true">
                          <div style={{ height: 12, borderRadius: 3, border: '1px solid var(--line)' }}>
                            <div
                              style={{
                                width: `${(100 * kept) / Math.max(1, k)}%`,
                                height: '100%',
                                background: 'var(--student)',
                              }}
                            />
                          </div>
                        </Table.Td>
                        <Table.Td ta="end" title={words.short}>
                          {words.of(kept, k)} · {words.missing(formatCount(k - kept))}
                        </Table.Td>
                      </Table.Tr>
                    );
                  }}
                />
              </>
            )}
          </>
        )}
      </Stack>
    </Card>
  );
}
