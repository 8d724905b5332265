/** Launch the teacher on the collection: it scores every unlabelled image. And see what it made of it. */
import { Alert, Button, Card, Skeleton, Stack, Text, Title } from '@mantine/core';
import { Link } from 'wouter';
import { ViewFrame } from '../../components/view-frame.tsx';
import { useBalance, useRanksOverview } from '../../queries/ranks-queries.ts';
import { isEnded, newestTraining, useJobs, useRuns } from '../../queries/run-queries.ts';
import { text } from '../../text/en.ts';
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
    </ViewFrame>
  );
}
