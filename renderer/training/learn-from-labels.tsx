/** The button that turns labels into new ranks within moments, for projects with eyes; nothing in others. */
import { Button, Text } from '@mantine/core';
import type { Job } from '../../main/api/contract.ts';
import { FailureState } from '../components/state-message.tsx';
import { Writes } from '../components/writing.tsx';
import { isEnded, newestTraining, useJobs, useLearn, useLearning } from '../queries/run-queries.ts';
import { text } from '../text/en.ts';

const words = text.training.learning;

export function LearnFromLabels({ projectId }: { readonly projectId: string }) {
  const { data: learning } = useLearning(projectId);
  const { data: jobs = [] } = useJobs();
  const learn = useLearn(projectId);
  if (!learning?.eyes) return null;
  const work = newestTraining(jobs, projectId);
  const busy = learn.isPending || (work !== undefined && !isEnded(work));
  const own = learn.data && jobs.find(({ id }) => id === learn.data.id);
  return (
    <>
      <Writes>
        <Button
          size="xs"
          variant="default"
          disabled={busy}
          title={words.does(learning.eyes)}
          onClick={() => learn.mutate()}
        >
          {words.act}
        </Button>
      </Writes>
      {learn.error && <FailureState error={learn.error} />}
      {!own && (
        <Text size="xs" c="dimmed">
          {words.makes(learning.eyes)}
        </Text>
      )}
      {own && (
        <Text size="sm" c="dimmed" role="status">
          {saidOf(own)}
        </Text>
      )}
    </>
  );
}

function saidOf(job: Job): string {
  if (!isEnded(job)) return words.learning;
  return job.state === 'succeeded' ? words.learnt : (job.reason ?? words.stopped);
}
