/** The origin of a run, step by step back to the images: what each step was made from, and the images that it used. */
import { Anchor, Button, Card, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import type { ImageUse, LineageNode, RunImageWindow, StageName } from '../../../main/api/contract.ts';
import { api, read } from '../../client.ts';
import { PagedGrid } from '../../components/paged-grid.tsx';
import { QueryState } from '../../components/state-message.tsx';
import { usePages } from '../../components/use-pages.ts';
import { formatDate } from '../../format.ts';
import { Picture } from '../../images/picture.tsx';
import { usePicturesAhead } from '../../images/use-pictures-ahead.ts';
import { text } from '../../text/en.ts';

const words = text.lineage;
const TILE_PX = 96;
/** The screen of each stage; the type makes the table complete. */
const VIEW_OF: Readonly<Record<StageName, string>> = {
  evaluate: 'compare',
  finetune: 'student',
  pretrain: 'student',
  supervised: 'student',
  select: 'ranks',
  label: 'label',
  teacher: 'teacher',
  tags: 'teacher',
};

export function Lineage({ projectId, runId }: { readonly projectId: string; readonly runId: string }) {
  const lineage = useQuery({
    queryKey: ['project', projectId, 'runs', 'lineage', runId],
    queryFn: () =>
      read(api.projects[':project'].runs[':run'].lineage.$get({ param: { project: projectId, run: runId } })),
  });
  return (
    <QueryState query={lineage}>
      {(nodes) => (
        <Stack component="ol" gap="xs" m={0} p={0} style={{ listStyle: 'none' }}>
          {nodes.map((node) => (
            <Step key={node.run.id} projectId={projectId} node={node} nodes={nodes} />
          ))}
        </Stack>
      )}
    </QueryState>
  );
}

interface StepProps {
  readonly projectId: string;
  readonly node: LineageNode;
  readonly nodes: readonly LineageNode[];
}

function Step({ projectId, node: { run, images }, nodes }: StepProps) {
  const [shown, setShown] = useState<ImageUse | null>(null);
  const parents = nodes.filter(({ run: other }) => run.parents.includes(other.id));
  const names = parents.map(({ run: { stage, title } }) => `${text.training.stages[stage]} (${title})`);
  return (
    <Card component="li" withBorder padding="sm" style={{ borderInlineStart: `3px solid var(--${run.side})` }}>
      <Group justify="space-between" gap="xs">
        <Text fw={600}>
          {text.training.stages[run.stage]}, {run.title}
        </Text>
        <Anchor component={Link} size="sm" href={`/projects/${projectId}/${VIEW_OF[run.stage]}${searchOf(run)}`}>
          {words.open}
        </Anchor>
      </Group>
      <Text size="sm" c="dimmed">
        {[
          names.length === 0 ? words.first : words.from(names.join(', ')),
          words.facts(run.device, run.seed, formatDate(run.startedAt)),
          ...(run.heldOutTop1 === null ? [] : [words.top1(run.heldOutTop1)]),
        ].join(' · ')}
      </Text>
      <Group gap="xs" mt={images.length > 0 ? 'xs' : 0}>
        {images.map(({ use, count }) => (
          <Button
            key={use}
            variant="default"
            size="compact-sm"
            aria-expanded={shown === use}
            onClick={() => setShown(shown === use ? null : use)}
          >
            {words.uses[use](count)}
          </Button>
        ))}
      </Group>
      {shown && <Images projectId={projectId} runId={run.id} use={shown} />}
    </Card>
  );
}

function searchOf({ stage, id }: LineageNode['run']): string {
  return stage === 'evaluate' ? `?evaluation=${id}` : '';
}

interface ImagesProps {
  readonly projectId: string;
  readonly runId: string;
  readonly use: ImageUse;
}

function Images({ projectId, runId, use }: ImagesProps) {
  const pages = usePages<RunImageWindow['images'][number]>(
    ['project', projectId, 'runs', 'images', runId, use],
    ({ offset, limit }, init) =>
      api.projects[':project'].runs[':run'].images.$get(
        { param: { project: projectId, run: runId }, query: { use, offset: String(offset), limit: String(limit) } },
        init,
      ),
  );
  const ahead = usePicturesAhead(projectId, TILE_PX, (index) => pages.itemAt(index)?.imageId);
  return (
    <PagedGrid
      label={words.of(runId)}
      pages={pages}
      onVisible={ahead}
      tilePx={TILE_PX}
      found={words.uses[use]}
      captionOf={({ className }) => className ?? words.noClass}
      renderPicture={({ imageId }) => <Picture projectId={projectId} imageId={imageId} boxPx={TILE_PX} alt="" />}
    />
  );
}
