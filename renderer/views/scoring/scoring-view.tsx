/** Launch the teacher on the collection: it scores every unlabelled image. And see what it made of it. */
import { Alert, Button, Card, Skeleton, Stack, Text, Title } from '@mantine/core';
import { Link } from 'wouter';
import { ClassHistogram } from '../../components/class-histogram.tsx';
import { TrainingJob } from '../../components/training-job.tsx';
import { TrainingStart } from '../../components/training-start.tsx';
import { ViewFrame } from '../../components/view-frame.tsx';
import { text } from '../../text/en.ts';
import { isEnded, newestTraining, useBalance, useJobs, useRanksOverview, useRuns } from '../../training/queries.ts';

export function ScoringView({ projectId }: { readonly projectId: string }) {
  const words = text.training.scoring;
  const jobs = useJobs();
  const runs = useRuns(projectId);
  const overview = useRanksOverview(projectId);
  const labelRun = overview.data?.labelRuns[0];
  const balance = useBalance(projectId, labelRun?.runId);
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
