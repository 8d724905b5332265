/** A training, labelling or export under way: how far, how fast, on what, and what a person can do about it. */
import { Alert, Button, Card, Group, Stack, Text, Tooltip } from '@mantine/core';
import { IconPlayerPause, IconPlayerPlay, IconPlayerStop, IconX } from '@tabler/icons-react';
import type { DevicesView, Job, JobAction } from '../../main/api/contract.ts';
import { useDevices, useJobAction } from '../queries/run-queries.ts';
import { text } from '../text/en.ts';
import { JobProgressBar } from './job-progress-bar.tsx';
import { workingCard } from './working-card.ts';

const ICONS: Readonly<Record<JobAction, typeof IconX>> = {
  pause: IconPlayerPause,
  resume: IconPlayerPlay,
  finish: IconPlayerStop,
  cancel: IconX,
};
const ORDER: readonly JobAction[] = ['resume', 'pause', 'finish', 'cancel'];

export function TrainingJob({ job, projectId }: { readonly job: Job; readonly projectId: string }) {
  const words = text.training.job;
  const { data: devices } = useDevices(projectId);
  const act = useJobAction();
  const { progress } = job;
  const better = betterDevice(devices, job.device);
  return (
    <Card withBorder padding="md" radius="md" component="section" aria-label={job.title}>
      <Stack gap="xs">
        <Group justify="space-between" align="flex-start" wrap="wrap">
          <div>
            <Text fw={600}>{job.title}</Text>
            <Text size="sm" c="dimmed" role="status">
              {job.waitsFor === null ? words.states[job.state] : words.waitsFor(job.waitsFor)}
              {progress && job.state !== 'queued' && ` · ${progress.label}`}
            </Text>
          </div>
          <Group gap="xs">
            {ORDER.filter((action) => job.can.includes(action)).map((action) => (
              <ActionButton
                key={action}
                action={action}
                busy={act.isPending && act.variables.action === action}
                onClick={() => act.mutate({ jobId: job.id, action })}
              />
            ))}
          </Group>
        </Group>
        {progress && <JobProgressBar job={job} progress={progress} />}
        {better && job.state === 'running' && (
          <Alert color="orange" role="status">
            {words.cpuWarning(better)}
          </Alert>
        )}
        {job.reason && <Alert color={job.state === 'failed' ? 'red' : 'gray'}>{job.reason}</Alert>}
        {act.error && <Alert color="red">{act.error.message}</Alert>}
        {job.state === 'running' && (
          <Text size="xs" c="dimmed">
            {words.leave}
          </Text>
        )}
      </Stack>
    </Card>
  );
}

function ActionButton({
  action,
  busy,
  onClick,
}: {
  readonly action: JobAction;
  readonly busy: boolean;
  readonly onClick: () => void;
}) {
  const Icon = ICONS[action];
  const button = (
    <Button
      variant="default"
      size="xs"
      loading={busy}
      leftSection={<Icon size={14} aria-hidden="true" />}
      onClick={onClick}
    >
      {text.training.job[action]}
    </Button>
  );
  return action === 'finish' ? (
    <Tooltip label={text.training.job.finishHint} events={{ hover: true, focus: true, touch: true }}>
      {button}
    </Tooltip>
  ) : (
    button
  );
}

/** A graphics card that works here, when the work runs on the processor. */
function betterDevice(view: DevicesView | undefined, device: string | null): string | undefined {
  return view?.devices?.find((one) => one.device === device)?.onProcessor ? workingCard(view) : undefined;
}
