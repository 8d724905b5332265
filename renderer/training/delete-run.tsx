/** Asks before a run is deleted: the disk space it frees, and the runs that build on it and are deleted with it. */
import { Alert, Button, Group, List, Stack, Text } from '@mantine/core';
import type { RunInfo } from '../../main/api/contract.ts';
import { Dialog } from '../components/dialog.tsx';
import { FailureState } from '../components/state-message.tsx';
import { Writes } from '../components/writing.tsx';
import { formatBytes } from '../format.ts';
import { useDeleteRun, useRunDeletion } from '../queries/run-queries.ts';
import { text } from '../text/en.ts';

const words = text.training.runs;

interface DeleteRunProps {
  readonly projectId: string;
  readonly run: Pick<RunInfo, 'id' | 'title'>;
  readonly close: () => void;
}

export function DeleteRun({ projectId, run, close }: DeleteRunProps) {
  const { data, error } = useRunDeletion(projectId, run.id);
  const remove = useDeleteRun(projectId);
  const dependents = data?.dependents ?? [];
  const agreed = { runId: run.id, dependents: dependents.map(({ runId }) => runId) };
  return (
    <Dialog
      opened
      onClose={close}
      title={words.deleteTitle(run.title)}
      centered
      closeButtonProps={{ 'aria-label': words.cancel }}
    >
      <Stack>
        <Text role="status">{data ? data.says : words.deleteLoading}</Text>
        {dependents.length > 0 && (
          <>
            <Text size="sm">{words.deleteAlong}</Text>
            <List size="sm">
              {dependents.map(({ runId, title }) => (
                <List.Item key={runId}>{title}</List.Item>
              ))}
            </List>
          </>
        )}
        {error && <FailureState error={error} />}
        {remove.error && <Alert color="red">{remove.error.message}</Alert>}
        <Group justify="flex-end">
          <Button variant="default" onClick={close} data-autofocus>
            {words.cancel}
          </Button>
          <Writes>
            <Button
              color="red.9"
              disabled={!data}
              loading={remove.isPending}
              onClick={() => remove.mutate(agreed, { onSuccess: close })}
            >
              {words.deleteNow(data ? formatBytes(data.bytes) : '…')}
            </Button>
          </Writes>
        </Group>
      </Stack>
    </Dialog>
  );
}
