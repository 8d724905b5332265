/** Runs side by side: their settings, their accuracy on held-out images, and whose curve is drawn. */
import { Alert, Badge, Button, Checkbox, Group, NumberInput, Stack, Table, Text } from '@mantine/core';
import { useState } from 'react';
import type { RunInfo } from '../../main/api/contract.ts';
import { Dialog } from '../components/dialog.tsx';
import { formatDate, formatPercent } from '../format.ts';
import { useExtend, useKeepTraining } from '../queries/run-queries.ts';
import { text } from '../text/en.ts';
import { DeleteRun } from './delete-run.tsx';
import { DashMark, type RunLook } from './run-look.tsx';

interface RunsTableProps {
  readonly projectId: string;
  readonly runs: readonly RunInfo[];
  readonly shown: ReadonlySet<string>;
  readonly looks: Readonly<Record<string, RunLook>>;
  readonly onShow: (runId: string, shown: boolean) => void;
  /** The run that the project's recipe builds on. */
  readonly inUse?: string | undefined;
  readonly onUse?: ((runId: string) => void) | undefined;
}

export function RunsTable({ projectId, runs, shown, looks, onShow, inUse, onUse }: RunsTableProps) {
  const words = text.training.runs;
  const [extending, setExtending] = useState<RunInfo | null>(null);
  const [deleting, setDeleting] = useState<RunInfo | null>(null);
  const keep = useKeepTraining(projectId);
  return (
    <>
      <Table.ScrollContainer
        minWidth={640}
        scrollAreaProps={{ viewportProps: { tabIndex: 0, 'aria-label': words.heading } }}
      >
        <Table highlightOnHover verticalSpacing="xs" aria-label={words.heading}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{words.show}</Table.Th>
              <Table.Th scope="col">{words.run}</Table.Th>
              <Table.Th scope="col">{words.started}</Table.Th>
              <Table.Th scope="col">{words.state}</Table.Th>
              <Table.Th scope="col">{words.device}</Table.Th>
              <Table.Th scope="col" ta="end">
                {words.heldOut}
              </Table.Th>
              <Table.Th scope="col">{words.actions}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody style={{ fontVariantNumeric: 'tabular-nums' }}>
            {runs.map((run) => (
              <Table.Tr key={run.id}>
                <Table.Td>
                  <Group gap="xs" wrap="nowrap">
                    <Checkbox
                      aria-label={words.showing(`${run.title}, ${run.id}`)}
                      checked={shown.has(run.id)}
                      onChange={(event) => onShow(run.id, event.currentTarget.checked)}
                    />
                    <DashMark look={shown.has(run.id) ? looks[run.id] : undefined} />
                  </Group>
                </Table.Td>
                <Table.Th scope="row" fw={500}>
                  {text.training.stages[run.stage]}, {run.title}
                  <Text size="xs" c="dimmed">
                    {run.id} · {words.seed} {run.seed}
                  </Text>
                </Table.Th>
                <Table.Td>{formatDate(run.startedAt)}</Table.Td>
                <Table.Td>
                  {text.shell.jobs.states[run.state]}
                  {run.reason && (run.state !== 'succeeded' || run.imported) && (
                    <Text size="xs" c="dimmed" lineClamp={run.imported ? 6 : 2} maw={260}>
                      {run.reason}
                    </Text>
                  )}
                </Table.Td>
                <Table.Td>{run.imported ? '' : run.device}</Table.Td>
                <Table.Td ta="end">
                  {run.heldOutTop1 === null ? (
                    <Text size="sm" c="dimmed">
                      {words.notCompared}
                    </Text>
                  ) : (
                    <b>{formatPercent(run.heldOutTop1)}</b>
                  )}
                </Table.Td>
                <Table.Td>
                  <Group gap="xs" wrap="nowrap">
                    {run.id === inUse && <Badge variant="light">✓ {words.inUse}</Badge>}
                    {onUse && run.hasModel && run.state === 'succeeded' && run.id !== inUse && (
                      <Button
                        size="compact-sm"
                        variant="default"
                        aria-label={words.chooseRun(`${run.title}, ${run.id}`)}
                        onClick={() => onUse(run.id)}
                      >
                        {words.use}
                      </Button>
                    )}
                    {run.extendable && (
                      <Button
                        size="compact-sm"
                        variant="default"
                        aria-label={words.extendRun(`${run.title}, ${run.id}`)}
                        onClick={() => setExtending(run)}
                      >
                        {words.extend}
                      </Button>
                    )}
                    {run.keepable && (
                      <Button
                        size="compact-sm"
                        variant="default"
                        aria-label={words.keepRun(`${run.title}, ${run.id}`)}
                        loading={keep.isPending && keep.variables === run.id}
                        onClick={() => keep.mutate(run.id)}
                      >
                        {words.keep}
                      </Button>
                    )}
                    {run.state !== 'running' && run.state !== 'queued' && (
                      <Button
                        size="compact-sm"
                        variant="subtle"
                        color="gray"
                        aria-label={words.deleteRun(`${run.title}, ${run.id}`)}
                        onClick={() => setDeleting(run)}
                      >
                        {words.delete}
                      </Button>
                    )}
                  </Group>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {keep.error && <Alert color="red">{keep.error.message}</Alert>}
      {deleting && <DeleteRun projectId={projectId} run={deleting} close={() => setDeleting(null)} />}
      {extending && <ExtendDialog projectId={projectId} run={extending} close={() => setExtending(null)} />}
    </>
  );
}

const USUAL_EXTENSION = 50_000;

function ExtendDialog({
  projectId,
  run,
  close,
}: {
  readonly projectId: string;
  readonly run: RunInfo;
  readonly close: () => void;
}) {
  const words = text.training.runs;
  const [images, setImages] = useState<number | string>(USUAL_EXTENSION);
  const extend = useExtend(projectId);
  return (
    <Dialog
      opened
      onClose={close}
      title={words.extendTitle(run.title)}
      centered
      closeButtonProps={{ 'aria-label': words.cancel }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (typeof images === 'number') extend.mutate({ runId: run.id, images }, { onSuccess: close });
        }}
      >
        <Stack>
          <NumberInput
            label={words.extendImages}
            description={words.extendHint}
            value={images}
            onChange={setImages}
            min={1}
            allowDecimal={false}
            step={10_000}
            thousandSeparator=" "
            data-autofocus
          />
          {extend.error && <Alert color="red">{extend.error.message}</Alert>}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {words.cancel}
            </Button>
            <Button type="submit" loading={extend.isPending} disabled={typeof images !== 'number'}>
              {words.extend}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
