/** One image at a time: is it of the class? Drawn along the rank, answered by key. */
import { Button, Group, Modal, Progress, Stack, Text } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, read } from '../../client.ts';
import { FailureState, LoadingState } from '../../components/state-message.tsx';
import { Thumbnail } from '../../components/thumbnail.tsx';
import { text } from '../../text/en.ts';
import { formatScore } from './rank-tile.tsx';
import { type ClassRankingRef, classParam, ranksKey } from './ranks-queries.ts';

const words = text.ranks.spot;
const COUNT = 30;
const PICTURE_PX = 420;
const route = api.projects[':project'].ranks[':labelRun'][':class']['spot-check'];

interface SpotCheckProps {
  readonly ranking: ClassRankingRef;
  readonly name: string;
  readonly nameOf: (classId: number) => string;
  readonly opened: boolean;
  readonly onClose: () => void;
}

export function SpotCheck(props: SpotCheckProps) {
  return (
    <Modal
      opened={props.opened}
      onClose={props.onClose}
      title={words.title(props.name)}
      size="lg"
      closeButtonProps={{ 'aria-label': words.close }}
    >
      {props.opened && <Checking {...props} />}
    </Modal>
  );
}

function Checking({ ranking, onClose }: SpotCheckProps) {
  const queries = useQueryClient();
  const draw = useQuery({
    queryKey: ['spot-check', ranking],
    queryFn: () => read(route.$get({ param: classParam(ranking), query: { count: String(COUNT) } })),
    gcTime: 0,
  });
  const [at, setAt] = useState(0);
  const item = draw.data?.items[at];
  const answer = useMutation({
    mutationFn: (correct: boolean) =>
      read(
        route.$post({
          param: classParam(ranking),
          json: { imageId: item?.imageId ?? 0, rank: item?.rank ?? 1, correct, otherClassId: null },
        }),
      ),
    onSuccess: (precision) => {
      queries.setQueryData(
        ranksKey(ranking.projectId, ranking.labelRunId, 'class', ranking.classId, 'precision'),
        precision,
      );
      setAt((before) => before + 1);
    },
  });
  const say = (correct: boolean) => {
    if (item && !answer.isPending) answer.mutate(correct);
  };
  useHotkeys([
    ['y', () => say(true)],
    ['n', () => say(false)],
    ['space', () => setAt((before) => before + 1)],
    ['u', () => setAt((before) => Math.max(0, before - 1))],
  ]);
  if (draw.error) return <FailureState error={draw.error} />;
  if (!draw.data) return <LoadingState />;
  if (!item) {
    return (
      <Stack align="center">
        <Text>{draw.data.items.length === 0 ? words.none : words.done}</Text>
        <Button onClick={onClose}>{words.close}</Button>
      </Stack>
    );
  }
  return (
    <Stack align="center" gap="sm">
      <Progress
        w="100%"
        value={(100 * at) / draw.data.items.length}
        aria-label={words.progress(at, draw.data.items.length)}
      />
      <Thumbnail
        projectId={ranking.projectId}
        imageId={item.imageId}
        boxPx={PICTURE_PX}
        alt={words.rank(item.rank, formatScore(item.score))}
      />
      <Text c="dimmed">
        {words.rank(item.rank, formatScore(item.score))} · {words.progress(at, draw.data.items.length)}
      </Text>
      {answer.error && <FailureState error={answer.error} />}
      <Group>
        <Button onClick={() => say(true)}>{words.yes} (y)</Button>
        <Button variant="default" onClick={() => say(false)}>
          {words.no} (n)
        </Button>
        <Button variant="subtle" onClick={() => setAt(at + 1)}>
          {words.skip}
        </Button>
        <Button variant="subtle" disabled={at === 0} onClick={() => setAt(at - 1)}>
          {words.undo}
        </Button>
      </Group>
    </Stack>
  );
}
