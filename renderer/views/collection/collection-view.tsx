/** What there is to learn from: folders, classes, what was left out and why, near-copies, and the images themselves. */
import { Alert, Button, Card, Group, SegmentedControl, SimpleGrid, Text } from '@mantine/core';
import { IconFolderPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { Link } from 'wouter';
import type { CollectionSummary } from '../../../main/api/contract.ts';
import { FolderPicker } from '../../components/folder-picker.tsx';
import { EmptyState, FailureState, QueryState } from '../../components/state-message.tsx';
import { TrainingJob } from '../../components/training-job.tsx';
import { ViewFrame } from '../../components/view-frame.tsx';
import { formatCount } from '../../format.ts';
import { text } from '../../text/en.ts';
import { isEnded, useJobs } from '../../training/queries.ts';
import { ClassTable } from './class-table.tsx';
import { useAddSource, useCollection } from './collection-queries.ts';
import { Duplicates } from './duplicates.tsx';
import { ImageGallery } from './image-gallery.tsx';
import { Problems } from './problems.tsx';
import { SourceTable } from './source-table.tsx';

const words = text.shell.collection;

export function CollectionView({ projectId }: { readonly projectId: string }) {
  const collection = useCollection(projectId);
  const { data: jobs = [] } = useJobs();
  const imports = jobs.filter((job) => job.projectId === projectId && job.kind === 'importFolder');
  const underWay = imports.filter((job) => !isEnded(job));
  const failed = imports.find(isEnded);
  return (
    <ViewFrame title={words.title} lead={words.lead} actions={<AddFolders projectId={projectId} />}>
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
              <Readiness summary={summary} projectId={projectId} />
              <SourceTable projectId={projectId} sources={summary.sources} />
              <ClassTable projectId={projectId} classes={summary.classes} />
              <ImageGallery projectId={projectId} summary={summary} />
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
  const shown = ['labelled', 'heldOut', 'unlabelled', 'problems'] as const;
  return (
    <SimpleGrid cols={{ base: 2, sm: 4 }}>
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

function Readiness({ summary, projectId }: { readonly summary: CollectionSummary; readonly projectId: string }) {
  if (summary.unfit !== null) return <Alert color="orange">{summary.unfit}</Alert>;
  return (
    <Group gap="md">
      <Text>{words.ready}</Text>
      <Button component={Link} href={`/projects/${projectId}/teacher`} size="xs">
        {words.next}
      </Button>
    </Group>
  );
}

type Split = 'train' | 'val' | 'test';

function AddFolders({ projectId }: { readonly projectId: string }) {
  const [asking, setAsking] = useState<'labelled' | 'unlabelled' | null>(null);
  const [split, setSplit] = useState<Split>('train');
  const add = useAddSource(projectId);
  return (
    <>
      <SegmentedControl
        size="xs"
        aria-label={words.split}
        value={split}
        onChange={(value) => setSplit(value as Split)}
        data={(['train', 'val', 'test'] as const).map((value) => ({ value, label: words.splits[value] }))}
      />
      {(['labelled', 'unlabelled'] as const).map((kind) => (
        <Button
          key={kind}
          leftSection={<IconFolderPlus size={18} />}
          loading={add.isPending}
          onClick={() => setAsking(kind)}
        >
          {kind === 'labelled' ? words.addLabelled : words.addUnlabelled}
        </Button>
      ))}
      {add.error && <FailureState error={add.error} />}
      <FolderPicker
        opened={asking !== null}
        title={asking === 'unlabelled' ? words.unlabelledTitle : words.labelledTitle}
        choose="folder"
        onClose={() => setAsking(null)}
        onChoose={(folder) => {
          if (asking) add.mutate({ kind: asking, folder, split: asking === 'labelled' ? split : null });
          setAsking(null);
        }}
      />
    </>
  );
}
