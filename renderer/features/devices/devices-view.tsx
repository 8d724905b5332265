/** The device doctor: which devices work, how accurate and fast they are, and the available memory and disk. */
import { Badge, Button, Card, Stack, Table, Text, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { DevicesView as View } from '../../../main/api/contract.ts';
import { api, read } from '../../client.ts';
import { EmptyState, FailureState, QueryState } from '../../components/state-message.tsx';
import { ViewFrame } from '../../components/view-frame.tsx';
import { useJobsAfter } from '../../queries/job-queries.ts';
import { isEnded, useJobs } from '../../queries/run-queries.ts';
import { text } from '../../text/en.ts';
import { TrainingJob } from '../../training/training-job.tsx';
import { MakersCard } from './makers-card.tsx';
import { ModelsCard } from './models-card.tsx';

const words = text.shell.devices;

export function DevicesView() {
  const devices = useQuery({
    queryKey: ['devices'],
    queryFn: () => read(api.devices.$get({ query: {} })),
    staleTime: 0,
  });
  const queries = useQueryClient();
  const { data: jobs = [] } = useJobs();
  const examination = jobs.find(({ kind }) => kind === 'examineDevices');
  const underWay = examination && !isEnded(examination) ? examination : undefined;
  const examine = useMutation({
    mutationFn: () => read(api.devices.examine.$post()),
    ...useJobsAfter(),
  });
  const endedAt = examination?.finishedAt;
  useEffect(() => {
    if (endedAt) void queries.invalidateQueries({ queryKey: ['devices'] });
  }, [endedAt, queries]);
  const known = devices.data?.devices !== null;
  return (
    <ViewFrame
      title={words.title}
      lead={words.lead}
      actions={
        <Button
          variant={known ? 'default' : 'filled'}
          disabled={underWay !== undefined}
          loading={examine.isPending}
          onClick={() => examine.mutate()}
        >
          {known ? words.examine : words.examineFirst}
        </Button>
      }
    >
      {examine.error && <FailureState error={examine.error} />}
      {underWay && <TrainingJob job={underWay} projectId="" />}
      <QueryState query={devices}>
        {(view) => (
          <>
            {view.devices === null ? <EmptyState message={words.unknown} /> : <DeviceTable view={view} />}
            <Card withBorder>
              <Stack gap={4}>
                <Title order={2}>{words.machine}</Title>
                <Text>{words.cores(view.cores)}</Text>
                <Text>{words.memory(view.memoryFreeBytes, view.memoryBytes)}</Text>
                <Text>{words.disk(view.diskFreeBytes, view.disk)}</Text>
              </Stack>
            </Card>
          </>
        )}
      </QueryState>
      <MakersCard />
      <ModelsCard />
    </ViewFrame>
  );
}

function DeviceTable({ view }: { readonly view: View }) {
  return (
    <Table.ScrollContainer
      minWidth={520}
      scrollAreaProps={{ viewportProps: { tabIndex: 0, 'aria-label': words.title } }}
    >
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{words.device}</Table.Th>
            <Table.Th>{words.result}</Table.Th>
            <Table.Th>{words.speed}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {view.devices?.map((device) => (
            <Table.Tr key={device.device}>
              <Table.Td>
                <Text fw={600}>{device.name}</Text>
                <Text size="sm" c="dimmed">
                  {words.facts(device)}
                </Text>
                {device.device === view.chosen && (
                  <Badge variant="outline" color="var(--good)" miw="max-content">
                    {words.used}
                  </Badge>
                )}
              </Table.Td>
              <Table.Td>
                {words.verdict(device)}
                {device.device === view.chosen && view.why !== null && <Text size="sm">{view.why}</Text>}
              </Table.Td>
              <Table.Td>
                {device.imagesPerSecond === null ? '–' : words.rate(device.imagesPerSecond)}
                {device.bf16 && <Text size="sm">{words.rateInBf16(device.bf16.imagesPerSecond)}</Text>}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
