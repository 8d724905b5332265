/** What another teacher's ranking would have above the line, the largest movements first. */
import { Button, SegmentedControl, Stack, Text, Title, UnstyledButton } from '@mantine/core';
import { useState } from 'react';
import type { RankChange, RankChanges } from '../../../main/api/contract.ts';
import { QueryState } from '../../components/state-message.tsx';
import { Thumbnail } from '../../images/thumbnail.tsx';
import { useRankChanges } from '../../queries/ranks-queries.ts';
import { text } from '../../text/en.ts';
import { movementOf } from './rank-movement.ts';
import { useRanking } from './ranking-in-sight.ts';
import { useRanks } from './ranks-store.ts';
import styles from './ranks-view.module.css';

const words = text.ranks.changes;
const PAGE = 40;
const PICTURE_PX = 48;
const FILTERS = ['all', 'entered', 'left', 'moved'] as const;

export function ChangesPanel() {
  const { ref, overview } = useRanking();
  const besideRunId = useRanks((store) => store.besideRunId);
  if (besideRunId === null) return <Text c="dimmed">{words.hint}</Text>;
  const beside = overview.labelRuns.find(({ runId }) => runId === besideRunId);
  return (
    <section>
      <Title order={2}>{words.title(beside?.title ?? '')}</Title>
      <Changes key={`${besideRunId} ${ref.classId}`} besideRunId={besideRunId} />
    </section>
  );
}

function Changes({ besideRunId }: { readonly besideRunId: string }) {
  const { ref } = useRanking();
  const [filter, setFilter] = useState<(typeof FILTERS)[number]>('all');
  const [limit, setLimit] = useState(PAGE);
  const changes = useRankChanges(ref, besideRunId, filter === 'all' ? null : filter, limit);
  return (
    <QueryState query={changes}>
      {({ entered, left, stayed, items }) => (
        <Stack gap="xs">
          <Text size="sm" role="status">
            {words.summary(entered, left, stayed)}
          </Text>
          <SegmentedControl
            size="xs"
            fullWidth
            aria-label={words.filter}
            value={filter}
            onChange={(value) => {
              setFilter(value as RankChange | 'all');
              setLimit(PAGE);
            }}
            data={FILTERS.map((value) => ({ value, label: words[value] }))}
          />
          {items.length === 0 && <Text c="dimmed">{words.none}</Text>}
          {items.map((item) => (
            <Change key={item.imageId} item={item} />
          ))}
          {items.length === limit && (
            <Button size="xs" variant="default" onClick={() => setLimit(limit + PAGE)}>
              {words.more}
            </Button>
          )}
        </Stack>
      )}
    </QueryState>
  );
}

function Change({ item }: { readonly item: RankChanges['items'][number] }) {
  const { projectId } = useRanking();
  const showImage = useRanks((store) => store.showImage);
  const { imageId, before, after, change } = item;
  return (
    <UnstyledButton className={styles.change} onClick={() => showImage(imageId, after)}>
      <Thumbnail projectId={projectId} imageId={imageId} boxPx={PICTURE_PX} alt="" />
      <span>
        <strong>{words[change]}</strong>
        <br />
        {words.ranks(before, after)}
        {before !== null && after !== null && (
          <>
            <br />
            {movementOf(after, before)}
          </>
        )}
      </span>
    </UnstyledButton>
  );
}
