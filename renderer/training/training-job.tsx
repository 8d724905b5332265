/** A training, labelling or export in progress: its share, speed and device, and what a person can do about it. */
import { Alert, Button, Card, Group, Stack, Text } from '@mantine/core';
import { IconPlayerPause, IconPlayerPlay, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import type { DevicesView, Job, JobAction } from '../../main/api/contract.ts';
import { Dialog } from '../components/dialog.tsx';
import { useDevices, useJobAction } from '../queries/run-queries.ts';
import { text } from '../text/en.ts';
import { JobProgressBar } from './job-progress-bar.tsx';
import { workingCard } from './working-card.ts';

/** Actions that have a button; keeping what was learnt is offered when stopping. */
const ICONS = { resume: IconPlayerPlay, pause: IconPlayerPause, cancel: IconX } as const;
type Shown = keyof typeof ICONS;
const ORDER = Object.keys(ICONS) as Shown[];

interface TrainingJobProps {
  readonly job: Job;
  readonly projectId: string;
  /** Shows its project, where jobs of several projects may be listed. */
  readonly named?: boolean;
}

export function TrainingJob({ job, projectId, named = false }: TrainingJobProps) {
  const words = text.training.job;
  const { data: devices } = useDevices(projectId);
  const act = useJobAction();
  const [stopping, setStopping] = useState(false);
  const { progress } = job;
  const asks = job.can.includes('finish');
  const does = (action: JobAction) => act.mutate({ jobId: job.id, action });
  const better = betterDevice(devices, job.device);
  return (
    <Card withBorder padding="md" radius="md" component="section" aria-label={job.title}>
      <Stack gap="xs">
        <Group justify="space-between" align="flex-start" wrap="wrap">
          <div>
            <Text fw={600}>{named ? `${job.projectName}: ${job.title}` : job.title}</Text>
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
                onClick={() => (action === 'cancel' && asks ? setStopping(true) : does(action))}
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
        <StopDialog opened={stopping && asks} close={() => setStopping(false)} does={does} />
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

interface ActionButtonProps {
  readonly action: Shown;
  readonly busy: boolean;
  readonly onClick: () => void;
}

function ActionButton({ action, busy, onClick }: ActionButtonProps) {
  const Icon = ICONS[action];
  return (
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
}

interface StopDialogProps {
  readonly opened: boolean;
  readonly close: () => void;
  readonly does: (action: JobAction) => void;
}

/**
 * A person who stops a training may want one of three things, and only one of them loses nothing and needs no second thought.
 */
function StopDialog({ opened, close, does }: StopDialogProps) {
  const words = text.training.job.stopping;
  const then = (action: JobAction) => () => {
    close();
    does(action);
  };
  return (
    <Dialog
      opened={opened}
      onClose={close}
      title={words.title}
      centered
      closeButtonProps={{ 'aria-label': words.goOn }}
    >
      <Stack gap="sm">
        <Button onClick={then('finish')}>{words.keep}</Button>
        <Text size="sm" c="dimmed">
          {words.keepHint}
        </Text>
        <Button variant="default" onClick={then('pause')}>
          {words.later}
        </Button>
        <Text size="sm" c="dimmed">
          {words.laterHint}
        </Text>
        <Button variant="default" onClick={close}>
          {words.goOn}
        </Button>
      </Stack>
    </Dialog>
  );
}

/** A graphics card that works here, when the work runs on the processor. */
function betterDevice(view: DevicesView | undefined, device: string | null): string | undefined {
  return view?.devices?.find((one) => one.device === device)?.onProcessor ? workingCard(view) : undefined;
}
