/** After the last picture: whether anything is left to label, and what to do next. */
import { Button, Group } from '@mantine/core';
import { Link } from 'wouter';
import { EmptyState } from '../../components/state-message.tsx';
import { isEnded, useJobs } from '../../queries/run-queries.ts';
import { text } from '../../text/en.ts';

const words = text.handLabelling;

interface RunThroughProps {
  readonly projectId: string;
  /** There were no unlabelled images to start with. */
  readonly none: boolean;
  readonly skipped: number;
  readonly onSkipped: () => void;
  readonly onAgain: () => void;
}

export function RunThrough({ projectId, none, skipped, onSkipped, onAgain }: RunThroughProps) {
  const { data: jobs = [] } = useJobs();
  const reading = jobs.some((job) => job.projectId === projectId && job.kind === 'importFolder' && !isEnded(job));
  if (skipped > 0) {
    return (
      <EmptyState message={words.through(skipped)} action={<Button onClick={onSkipped}>{words.toSkipped}</Button>} />
    );
  }
  return (
    <EmptyState
      message={reading ? words.beingRead : none ? words.nothing : words.allLabelled}
      action={
        <Group>
          {reading ? (
            <Button variant="default" onClick={onAgain}>
              {words.lookAgain}
            </Button>
          ) : (
            <Button component={Link} href={`/projects/${projectId}/${none ? 'collection' : 'teacher'}`}>
              {none ? words.toCollection : words.toTeacher}
            </Button>
          )}
        </Group>
      }
    />
  );
}
