/** One image after the other, a key per class: enough labels for a first teacher within minutes. */
import { Alert, Button, Card, Group, Kbd, SegmentedControl, Stack, Text } from '@mantine/core';
import { useWindowEvent } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import type { ClassInfo, LabellingOrder, LabellingQueue } from '../../../main/api/contract.ts';
import { api, read } from '../../client.ts';
import { EmptyState, FailureState, QueryState } from '../../components/state-message.tsx';
import { Thumbnail } from '../../components/thumbnail.tsx';
import { ViewFrame } from '../../components/view-frame.tsx';
import { formatCount } from '../../format.ts';
import { text } from '../../text/en.ts';
import { useCollection } from '../collection/collection-queries.ts';
import { useDecisionHistory } from '../ranks/use-decisions.ts';

const words = text.labelling;
const project = api.projects[':project'];
const QUEUE = 50;
const PICTURE_PX = 420;
const NEXT_PX = 72;
const NEXT = 6;
const ORDERS = ['uncertain', 'confident', 'random', 'different'] as const;

export function LabellingView({ projectId }: { readonly projectId: string }) {
  const [order, setOrder] = useState<LabellingOrder>('uncertain');
  const [round, setRound] = useState(0);
  const collection = useCollection(projectId);
  // Not renewed by each label: the queue stays as it was drawn until it is through.
  const queue = useQuery({
    queryKey: ['labelling-queue', projectId, order, round],
    queryFn: () =>
      read(
        project['labelling-queue'].$get({
          param: { project: projectId },
          query: { order, limit: String(QUEUE), seed: String(round) },
        }),
      ),
    gcTime: 0,
  });
  const classes = collection.data?.classes ?? [];
  return (
    <ViewFrame
      title={words.title}
      lead={words.lead}
      actions={
        <SegmentedControl
          aria-label={words.order}
          value={order}
          onChange={(value) => setOrder(value as LabellingOrder)}
          data={ORDERS.map((value) => ({ value, label: words.orders[value] }))}
        />
      }
    >
      {collection.data && classes.length === 0 && (
        <EmptyState
          message={words.noClasses}
          action={
            <Button component={Link} href={`/projects/${projectId}/collection`}>
              {words.toCollection}
            </Button>
          }
        />
      )}
      <QueryState query={queue}>
        {(drawn) => (
          <Labelling
            key={`${order} ${round}`}
            projectId={projectId}
            queue={drawn}
            classes={withKeys(classes)}
            onThrough={() => setRound(round + 1)}
          />
        )}
      </QueryState>
    </ViewFrame>
  );
}

/** The person's keys; classes without one get the next free digit, then letter. */
function withKeys(classes: readonly ClassInfo[]): readonly (ClassInfo & { readonly key: string })[] {
  const taken = new Set(classes.flatMap(({ key }) => (key === null ? [] : [key])));
  const free = [...'123456789abcdefghijklmnopqrstvwxyz'].filter((key) => !taken.has(key));
  return classes.map((entry) => ({ ...entry, key: entry.key ?? free.shift() ?? '' }));
}

interface LabellingProps {
  readonly projectId: string;
  readonly queue: LabellingQueue;
  readonly classes: readonly (ClassInfo & { readonly key: string })[];
  readonly onThrough: () => void;
}

function Labelling({ projectId, queue, classes, onThrough }: LabellingProps) {
  const [at, setAt] = useState(0);
  const queries = useQueryClient();
  const { data: history } = useDecisionHistory(projectId);
  const image = queue.images[at];
  const label = useMutation({
    mutationFn: (classId: number) =>
      read(
        project.decisions.$post({
          param: { project: projectId },
          json: { decision: 'label', classId, target: { kind: 'images', imageIds: [image?.imageId ?? 0] } },
        }),
      ),
    onSuccess: () => setAt((before) => before + 1),
  });
  const undo = useMutation({
    mutationFn: () => read(project.decisions.undo.$post({ param: { project: projectId } })),
    onSuccess: (next) => {
      queries.setQueryData(['project', projectId, 'decisions', 'history'], next);
      setAt((before) => Math.max(0, before - 1));
    },
  });
  const give = (classId: number) => {
    if (image && !label.isPending) label.mutate(classId);
  };
  useWindowEvent('keydown', (event) => {
    if (event.target instanceof HTMLElement && event.target.closest('input, textarea, select, button')) return;
    if ((event.ctrlKey || event.metaKey) && event.key === 'z') undo.mutate();
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const wanted = classes.find(({ key }) => key === event.key);
    if (wanted) give(wanted.id);
    else if (event.key === ' ') setAt((before) => before + 1);
    else if (event.key === 'u') undo.mutate();
    else return;
    event.preventDefault();
  });
  const error = label.error ?? undo.error;
  return (
    <Group align="flex-start" gap="xl">
      <Stack gap="sm" align="center">
        {queue.fellBack && <Alert color="gray">{words.fellBack}</Alert>}
        {image ? (
          <>
            <Thumbnail
              key={image.imageId}
              projectId={projectId}
              imageId={image.imageId}
              boxPx={PICTURE_PX}
              alt={image.name}
            />
            <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }} maw={PICTURE_PX}>
              {image.name}
            </Text>
            <Group gap={4}>
              {queue.images.slice(at + 1, at + 1 + NEXT).map(({ imageId, name }) => (
                <Thumbnail key={imageId} projectId={projectId} imageId={imageId} boxPx={NEXT_PX} alt={name} />
              ))}
            </Group>
          </>
        ) : (
          <EmptyState message={words.done} action={<Button onClick={onThrough}>{words.more}</Button>} />
        )}
      </Stack>
      <Stack gap="xs" miw={240}>
        <Text role="status">{words.left(Math.max(0, queue.total - at))}</Text>
        {error && <FailureState error={error} />}
        {image && image.suggestions.length > 0 && (
          <Card withBorder padding="xs">
            <Text size="sm" c="dimmed">
              {words.suggestions}
            </Text>
            {image.suggestions.map(({ classId, probability }) => (
              <Text key={classId} size="sm">
                {words.suggestion(classes.find(({ id }) => id === classId)?.name ?? '', probability)}
              </Text>
            ))}
          </Card>
        )}
        {classes.map(({ id, name, key, train }) => (
          <Button
            key={id}
            variant="default"
            justify="space-between"
            leftSection={<Kbd>{key}</Kbd>}
            rightSection={formatCount(train)}
            disabled={!image}
            onClick={() => give(id)}
          >
            {name}
          </Button>
        ))}
        <Group gap="xs">
          <Button variant="subtle" disabled={!image} onClick={() => setAt(at + 1)}>
            {words.skip}
          </Button>
          <Button variant="subtle" disabled={!history?.undo} onClick={() => undo.mutate()}>
            {words.undo(history?.undo)}
          </Button>
        </Group>
      </Stack>
    </Group>
  );
}
