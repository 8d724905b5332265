/** Launch the teacher on the collection: it scores every unlabelled image. Then see the result. */
import { Alert, Button, Card, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'wouter';
import type { LabelRunInfo } from '../../../main/api/contract.ts';
import { ViewFrame } from '../../components/view-frame.tsx';
import { formatDate } from '../../format.ts';
import { useBalance, useRanksOverview } from '../../queries/ranks-queries.ts';
import { isEnded, newestTraining, useJobs, useRuns } from '../../queries/run-queries.ts';
import { text } from '../../text/en.ts';
import { DeleteRun } from '../../training/delete-run.tsx';
import { TrainingJob } from '../../training/training-job.tsx';
import { TrainingStart } from '../../training/training-start.tsx';
import { ClassHistogram } from './class-histogram.tsx';

export function ScoringView({ projectId }: { readonly projectId: string }) {
  const words = text.training.scoring;
  const jobs = useJobs();
  const runs = useRuns(projectId);
  const overview = useRanksOverview(projectId);
  const labelRun = overview.data?.labelRuns[0];
  const balance = useBalance(labelRun ? { projectId, labelRunId: labelRun.runId } : null);
  const job = newestTraining(jobs.data ?? [], projectId);
  const noTeacher = runs.data !== undefined && !runs.data.some(({ role, hasModel }) => role === 'teacher' && hasModel);
  const error = overview.error ?? balance.error;
  return (
    <ViewFrame
      title={words.title}
      lead={words.lead}
      actions={
        labelRun && (
          <Button component={Link} href={`/projects/${projectId}/ranks`}>
            {words.next}
          </Button>
        )
      }
    >
      {job && job.state !== 'succeeded' && job.state !== 'cancelled' && <TrainingJob job={job} projectId={projectId} />}
      {noTeacher && <Alert color="gray">{words.noTeacher}</Alert>}
      <TrainingStart
        projectId={projectId}
        scope="scoring"
        goal="label"
        label={words.start}
        primary={overview.data !== undefined && !labelRun}
        busy={job !== undefined && !isEnded(job)}
      />
      <Card withBorder radius="md" padding="lg" component="section" aria-label={words.histogram}>
        <Stack gap="xs">
          <Title order={2} size="h4">
            {words.histogram}
          </Title>
          {labelRun && <Text size="sm">{words.by(labelRun.title)}</Text>}
          {error && <Alert color="red">{error.message}</Alert>}
          {(overview.isPending || (labelRun && balance.isPending)) && <Skeleton height={240} />}
          {overview.data && !labelRun && <Text c="dimmed">{words.empty}</Text>}
          {balance.data && <ClassHistogram classes={balance.data.classes} />}
        </Stack>
      </Card>
      {overview.data && overview.data.labelRuns.length > 0 && (
        <Labellings projectId={projectId} labelRuns={overview.data.labelRuns} />
      )}
    </ViewFrame>
  );
}

interface LabellingsProps {
  readonly projectId: string;
  readonly labelRuns: readonly LabelRunInfo[];
}

/** All labellings, the newest first: the scores of a collection take most of a project's disk space. */
function Labellings({ projectId, labelRuns }: LabellingsProps) {
  const words = text.training.scoring;
  const [deleting, setDeleting] = useState<LabelRunInfo | null>(null);
  return (
    <Card withBorder radius="md" padding="lg" component="section" aria-label={words.labellings}>
      <Stack gap="xs">
        <Title order={2} size="h4">
          {words.labellings}
        </Title>
        {labelRuns.map((run) => (
          <Group key={run.runId} justify="space-between" wrap="nowrap">
            <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
              {run.title}
              <Text component="span" size="xs" c="dimmed" ml="xs">
                {formatDate(run.finishedAt)} · {run.runId}
              </Text>
            </Text>
            <Button
              size="compact-sm"
              variant="subtle"
              color="gray"
              aria-label={words.deleteLabelling(run.title)}
              onClick={() => setDeleting(run)}
            >
              {text.training.runs.delete}
            </Button>
          </Group>
        ))}
      </Stack>
      {deleting && (
        <DeleteRun
          projectId={projectId}
          run={{ id: deleting.runId, title: deleting.title }}
          close={() => setDeleting(null)}
        />
      )}
    </Card>
  );
}
