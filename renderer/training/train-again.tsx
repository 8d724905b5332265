/** One button that learns from the current labels: it shows which work is repeated, and leads to what changed. */
import { Anchor, Button, Group, Stack, Text } from '@mantine/core';
import { Link } from 'wouter';
import type { WorkAgain } from '../../main/api/contract.ts';
import { FailureState } from '../components/state-message.tsx';
import { Writes } from '../components/writing.tsx';
import { useWorkAgain } from '../queries/correction-queries.ts';
import { isEnded, newestTraining, useJobs, useRuns, useStart } from '../queries/run-queries.ts';
import { text } from '../text/en.ts';
import { TrainingJob } from './training-job.tsx';

const words = text.correcting.again;

interface TrainAgainProps {
  readonly projectId: string;
  /** Where the changes are already shown. */
  readonly beside?: boolean;
}

export function TrainAgain({ projectId, beside = false }: TrainAgainProps) {
  const { data: again } = useWorkAgain(projectId);
  const { data: jobs = [] } = useJobs();
  const { data: runs = [] } = useRuns(projectId);
  const start = useStart(projectId);
  const work = newestTraining(jobs, projectId);
  const busy = start.isPending || (work !== undefined && !isEnded(work));
  const own = start.data && jobs.find(({ id }) => id === start.data.id);
  const compared = runs.filter(({ stage, state }) => stage === 'evaluate' && state === 'succeeded').length;
  if (!again) return null;
  const unchanged = { recipe: null, changes: {} };
  return (
    <Stack gap="xs" component="section" aria-label={words.heading}>
      <Group gap="sm">
        <Writes>
          <Button
            size="xs"
            variant="default"
            disabled={again.kind !== 'stale' || busy}
            onClick={() => again.kind === 'stale' && start.mutate({ goal: again.goal, choice: unchanged })}
          >
            {words.act}
          </Button>
        </Writes>
        {!beside && compared > 1 && again.kind === 'learnt' && (
          <Anchor component={Link} size="sm" href={`/projects/${projectId}/compare`}>
            {words.toChanges}
          </Anchor>
        )}
      </Group>
      {!busy && (
        <Text size="sm" c="dimmed" role="status">
          {saidOf(again)}
        </Text>
      )}
      {start.error && <FailureState error={start.error} />}
      {own && !isEnded(own) && <TrainingJob job={own} projectId={projectId} />}
      {own && own.state === 'failed' && <Text size="sm">{own.reason}</Text>}
    </Stack>
  );
}

function saidOf(again: WorkAgain): string {
  switch (again.kind) {
    case 'stale':
      return words.stale(
        again.stages.map((stage) => text.training.stages[stage]),
        again.seconds,
      );
    case 'learnt':
      return words.learnt;
    case 'nothing':
      return again.reason ?? words.nothing;
    default:
      return again satisfies never;
  }
}
