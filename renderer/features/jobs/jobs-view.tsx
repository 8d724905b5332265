/** All long work: what is running, what is waiting, what ended and how. */
import { Badge, Button, Card, Code, Group, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Job } from '../../../main/api/contract.ts';
import { api, read } from '../../client.ts';
import { ShowInFileManager } from '../../components/show-in-file-manager.tsx';
import { EmptyState, QueryState } from '../../components/state-message.tsx';
import { ViewFrame } from '../../components/view-frame.tsx';
import { formatDate } from '../../format.ts';
import { useJobsAfter } from '../../queries/job-queries.ts';
import { isEnded, useJobs } from '../../queries/run-queries.ts';
import { text } from '../../text/en.ts';
import { TrainingJob } from '../../training/training-job.tsx';

const words = text.shell.jobs;

export function JobsView() {
  const jobs = useJobs();
  const forget = useMutation({
    mutationFn: () => read(api.jobs['forget-ended'].$post()),
    ...useJobsAfter(),
  });
  return (
    <ViewFrame title={words.title} lead={words.lead}>
      <QueryState query={jobs}>
        {(all) => {
          const underWay = all.filter((job) => !isEnded(job));
          const ended = all.filter(isEnded);
          return (
            <>
              {all.length === 0 && <EmptyState message={words.empty} />}
              {underWay.length > 0 && <Title order={2}>{words.underWay}</Title>}
              {underWay.map((job) => (
                <Stack key={job.id} gap={4}>
                  <TrainingJob job={job} projectId={job.projectId ?? ''} named={job.projectName !== null} />
                  <Log job={job} />
                </Stack>
              ))}
              {ended.length > 0 && (
                <Group justify="space-between">
                  <Title order={2}>{words.ended}</Title>
                  <Button variant="default" size="xs" loading={forget.isPending} onClick={() => forget.mutate()}>
                    {words.forget}
                  </Button>
                </Group>
              )}
              {ended.map((job) => (
                <Ended key={job.id} job={job} />
              ))}
            </>
          );
        }}
      </QueryState>
    </ViewFrame>
  );
}

const TONES: ReadonlyMap<string, string> = new Map([
  ['succeeded', 'var(--good)'],
  ['failed', 'var(--bad)'],
]);

function Ended({ job }: { readonly job: Job }) {
  const { startedAt, finishedAt, result } = job;
  return (
    <Card withBorder padding="sm" component="article" aria-label={job.title}>
      <Group gap="sm">
        <Badge variant="outline" color={TONES.get(job.state) ?? 'gray'}>
          {words.states[job.state]}
        </Badge>
        <Text fw={600}>{job.projectName === null ? job.title : `${job.projectName}: ${job.title}`}</Text>
        {startedAt && finishedAt && (
          <Text size="sm" c="dimmed">
            {formatDate(finishedAt)} · {words.took(Math.max(0, Date.parse(finishedAt) - Date.parse(startedAt)) / 1000)}
          </Text>
        )}
      </Group>
      {job.reason && (
        <Text size="sm" mt={4}>
          {job.reason}
        </Text>
      )}
      {result?.kind === 'exported' && <ShowInFileManager path={result.file} of={job.title} />}
      <Log job={job} />
    </Card>
  );
}

function Log({ job }: { readonly job: Job }) {
  const [shown, setShown] = useState(false);
  const log = useQuery({
    queryKey: ['job-log', job.id],
    queryFn: () => read(api.jobs[':job'].log.$get({ param: { job: job.id } })),
    enabled: shown,
    staleTime: 0,
  });
  return (
    <details onToggle={({ currentTarget }) => setShown(currentTarget.open)}>
      <summary>{words.log}</summary>
      {log.data?.length === 0 && <Text size="sm">{words.noLog}</Text>}
      {log.data && log.data.length > 0 && (
        <Code block tabIndex={0}>
          {log.data.map(({ at, text: line }) => `${formatDate(at)}  ${line}`).join('\n')}
        </Code>
      )}
    </details>
  );
}
