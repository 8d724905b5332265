/** The images to learn from: sources, classes, what was left out and why, near-copies, and the images themselves. */
import { Alert, Button, Card, Group, SimpleGrid, Text } from '@mantine/core';
import { Link } from 'wouter';
import type { CollectionSummary } from '../../../main/api/contract.ts';
import { EmptyState, QueryState } from '../../components/state-message.tsx';
import { ViewFrame } from '../../components/view-frame.tsx';
import { formatCount } from '../../format.ts';
import { useCollection } from '../../queries/collection-queries.ts';
import { isEnded, useJobs } from '../../queries/run-queries.ts';
import { text } from '../../text/en.ts';
import { DoItAll } from '../../training/do-it-all.tsx';
import { TrainingJob } from '../../training/training-job.tsx';
import { AddFolders } from './add-folders.tsx';
import { ClassTable } from './class-table.tsx';
import { Duplicates } from './duplicates.tsx';
import { FindByPicture } from './find-by-picture.tsx';
import { ImageGallery } from './image-gallery.tsx';
import { Problems } from './problems.tsx';
import { SourceTable } from './source-table.tsx';

const words = text.shell.collection;

export function CollectionView({ projectId }: { readonly projectId: string }) {
  const collection = useCollection(projectId);
  const { data: jobs = [] } = useJobs();
  const imports = jobs.filter((job) => job.projectId === projectId && job.kind === 'importFolder');
  const underWay = jobs.filter((job) => job.projectId === projectId && !isEnded(job));
  const failed = imports.find(isEnded);
  return (
    <ViewFrame
      title={words.title}
      lead={words.lead}
      actions={<AddFolders projectId={projectId} first={collection.data?.sources.length === 0} />}
    >
      {underWay.map((job) => (
        <TrainingJob key={job.id} job={job} projectId={projectId} />
      ))}
      {underWay.length === 0 && failed?.state === 'failed' && <Alert color="red">{failed.reason}</Alert>}
      <QueryState query={collection}>
        {(summary) =>
          summary.sources.length === 0 && summary.classes.length === 0 ? (
            <EmptyState message={words.empty} />
          ) : (
            <>
              <Figures summary={summary} />
              <Readiness
                summary={summary}
                projectId={projectId}
                busy={jobs.some((job) => job.projectId === projectId && !isEnded(job))}
              />
              <SourceTable projectId={projectId} sources={summary.sources} />
              {summary.notes.map((note) => (
                <Alert key={note} color="blue">
                  {note}
                </Alert>
              ))}
              <ClassTable projectId={projectId} classes={summary.classes} />
              <ImageGallery projectId={projectId} summary={summary} />
              <FindByPicture projectId={projectId} />
              <Problems projectId={projectId} total={summary.problems} />
              <Duplicates projectId={projectId} />
            </>
          )
        }
      </QueryState>
    </ViewFrame>
  );
}

function Figures({ summary }: { readonly summary: CollectionSummary }) {
  const missing = summary.missing > 0 ? (['missing'] as const) : [];
  const shown = [...(['labelled', 'heldOut', 'unlabelled', 'problems'] as const), ...missing];
  return (
    <SimpleGrid cols={{ base: 2, sm: shown.length }}>
      {shown.map((part) => (
        <Card key={part} withBorder padding="sm">
          <Text fz={26} fw={650} lh={1.2}>
            {formatCount(summary[part])}
          </Text>
          <Text size="sm" c="dimmed">
            {words.counts[part]}
          </Text>
        </Card>
      ))}
    </SimpleGrid>
  );
}

interface ReadinessProps {
  readonly summary: CollectionSummary;
  readonly projectId: string;
  /** Work is running in the project, which is shown elsewhere. */
  readonly busy: boolean;
}

function Readiness({ summary, projectId, busy }: ReadinessProps) {
  if (summary.unfit !== null) return <Alert color="orange">{summary.unfit}</Alert>;
  return (
    <>
      {!busy && <DoItAll projectId={projectId} />}
      <Group gap="md">
        <Text>{words.ready}</Text>
        <Button component={Link} href={`/projects/${projectId}/teacher`} size="xs" variant="default">
          {words.next}
        </Button>
      </Group>
    </>
  );
}
