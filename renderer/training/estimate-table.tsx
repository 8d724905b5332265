/** The estimated cost of a run before it starts, step by step, and which steps are already done. */
import { Alert, Badge, Skeleton, Stack, Table, Text } from '@mantine/core';
import type { Estimate, Goal } from '../../main/api/contract.ts';
import { formatBytes, formatCount, formatDuration } from '../format.ts';
import { useEstimate } from '../queries/run-queries.ts';
import { text } from '../text/en.ts';
import type { RecipeChoice } from './recipe-choice.ts';

interface EstimateTableProps {
  readonly projectId: string;
  readonly goal: Goal;
  readonly choice: RecipeChoice;
  /** Known once the devices have been tested: it determines what automatic means. */
  readonly chosenDevice: string | null;
}

export function EstimateTable({ projectId, goal, choice, chosenDevice }: EstimateTableProps) {
  const words = text.training.estimate;
  const { data, error, isPending } = useEstimate(projectId, goal, choice, chosenDevice);
  return (
    <section aria-label={words.heading}>
      <Text fw={600} mb="xs">
        {words.heading}
      </Text>
      {isPending && <Skeleton height={120} role="status" aria-label={words.loading} />}
      {error && <Alert color="orange" title={error.message} />}
      {data && !error && <Stages estimate={data} />}
    </section>
  );
}

function Stages({ estimate }: { readonly estimate: Estimate }) {
  const words = text.training.estimate;
  const { deviceName, decoding, stages, rough, seconds: total, freeDiskBytes, deviceMemoryBytes: room } = estimate;
  const open = stages.filter(({ done }) => !done);
  const [memory, disk] = [formatBytes(estimate.memoryBytes), formatBytes(estimate.diskBytes)];
  return (
    <Stack gap="xs">
      <Table.ScrollContainer
        minWidth={360}
        scrollAreaProps={{ viewportProps: { tabIndex: 0, 'aria-label': words.heading } }}
      >
        <Table horizontalSpacing={6}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{words.stage}</Table.Th>
              <Table.Th scope="col" ta="end">
                {words.images}
              </Table.Th>
              <Table.Th scope="col" ta="end">
                {words.time}
              </Table.Th>
              <Table.Th scope="col" ta="end">
                {words.memory}
              </Table.Th>
              <Table.Th scope="col" ta="end">
                {words.disk}
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody style={{ fontVariantNumeric: 'tabular-nums' }}>
            {decoding.images > 0 && (
              <Table.Tr>
                <Table.Th scope="row">{words.decoding}</Table.Th>
                <Table.Td ta="end">{formatCount(decoding.images)}</Table.Td>
                <Table.Td ta="end">
                  {decoding.seconds === null ? words.unknownTime : formatDuration(decoding.seconds)}
                </Table.Td>
                <Table.Td />
                <Table.Td ta="end">{formatBytes(decoding.diskBytes)}</Table.Td>
              </Table.Tr>
            )}
            {stages.map(({ stage, images, seconds, memoryBytes, diskBytes, done }) => (
              <Table.Tr key={stage}>
                <Table.Th scope="row">{text.training.stages[stage]}</Table.Th>
                <Table.Td ta="end">{formatCount(images)}</Table.Td>
                <Table.Td ta="end">{seconds === null ? words.unknownTime : formatDuration(seconds)}</Table.Td>
                {done ? (
                  <Table.Td colSpan={2} ta="end">
                    <Badge variant="light" color="gray">
                      ✓ {words.done}
                    </Badge>
                  </Table.Td>
                ) : (
                  <>
                    <Table.Td ta="end">{formatBytes(memoryBytes)}</Table.Td>
                    <Table.Td ta="end">{formatBytes(diskBytes)}</Table.Td>
                  </>
                )}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <Text size="sm" c="dimmed">
        {open.length === 0
          ? words.nothingToDo
          : total === null
            ? words.unmeasured
            : `${words.on(deviceName)}: ${words.total(formatDuration(total), memory, disk)}`}
        {open.length > 0 && total !== null && rough && ` ${words.rough}`}
      </Text>
      {room !== null && estimate.memoryBytes > room && (
        <Alert color="orange" title={words.tightMemory(memory, formatBytes(room))} />
      )}
      {estimate.diskBytes > freeDiskBytes && (
        <Alert color="orange" title={words.noRoom(disk, formatBytes(freeDiskBytes))} />
      )}
    </Stack>
  );
}
