/**
 * One image at a time, drawn across the ranks: does it belong to the class, or to which other one? Answered by key, taken back
 * by key.
 */
import { Alert, Button, Group, Kbd, Progress, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { SpotCheckDraw } from '../../../main/api/contract.ts';
import { at as elementAt } from '../../../main/at.ts';
import { type Act, shownKeys } from '../../acts/act.ts';
import { useActKeys } from '../../acts/use-act-keys.ts';
import { withKeys } from '../../classes/class-keys.ts';
import { read } from '../../client.ts';
import { Dialog } from '../../components/dialog.tsx';
import { EmptyState, QueryState } from '../../components/state-message.tsx';
import { VirtualList } from '../../components/virtual-list.tsx';
import { PictureRun } from '../../images/picture-run.tsx';
import { classParam } from '../../queries/ranks-queries.ts';
import { text } from '../../text/en.ts';
import { formatScore } from './rank-tile.tsx';
import { useRanking } from './ranking-in-sight.ts';
import { spotCheckActs } from './spot-check-acts.ts';
import { SpotCheckEstimate } from './spot-check-estimate.tsx';
import { spotCheckRoute, useSpotCheckAnswers } from './use-spot-check.ts';

const words = text.ranks.spot;
const COUNT = 30;
const PICTURE_PX = 400;
const ROW_PX = 34;
const RESERVED = 'ynu? ';

interface SpotCheckProps {
  readonly opened: boolean;
  readonly onClose: () => void;
}

export function SpotCheck(props: SpotCheckProps) {
  const name = useRanking().own?.name ?? '';
  return (
    <Dialog
      opened={props.opened}
      onClose={props.onClose}
      title={words.title(name)}
      size={760}
      closeButtonProps={{ 'aria-label': words.close }}
    >
      {/* Not on the closing button, which the first space would press. */}
      <div tabIndex={-1} data-autofocus style={{ outline: 'none' }}>
        {props.opened && <Drawn {...props} />}
      </div>
    </Dialog>
  );
}

function Drawn(props: SpotCheckProps) {
  const { ref } = useRanking();
  const [round, setRound] = useState(0);
  const draw = useQuery({
    // Not under the project's query keys: the draw stays until it is finished, whatever is answered meanwhile.
    queryKey: ['spot-check', ref, round],
    queryFn: () => read(spotCheckRoute.$get({ param: classParam(ref), query: { count: String(COUNT) } })),
    gcTime: 0,
  });
  return (
    <QueryState query={draw}>
      {({ items }) => <Checking key={round} {...props} items={items} onMore={() => setRound(round + 1)} />}
    </QueryState>
  );
}

interface CheckingProps extends SpotCheckProps {
  readonly items: SpotCheckDraw['items'];
  readonly onMore: () => void;
}

function Checking({ items, onMore, onClose }: CheckingProps) {
  const { ref, classes } = useRanking();
  const [at, setAt] = useState(0);
  const { queue, given } = useSpotCheckAnswers(ref);
  const item = items[at];
  const others = withKeys(
    classes.filter(({ id }) => id !== ref.classId),
    RESERVED,
  );
  const acts = spotCheckActs({
    others,
    image: item !== undefined,
    answered: given.some(({ state }) => state !== 'takingBack'),
    say: (correct, otherClassId) => {
      if (!item) return;
      queue.give({ imageId: item.imageId, rank: item.rank, correct, otherClassId });
      setAt(at + 1);
    },
    skip: () => setAt(Math.min(at + 1, items.length)),
    takeBack: () => {
      const back = queue.takeBack();
      const place = items.findIndex(({ imageId }) => imageId === back?.imageId);
      if (place >= 0) setAt(place);
    },
  });
  useActKeys([...acts.answers, ...acts.others], { within: true });
  const failed = given.filter(({ error }) => error !== null);
  const images = items.map(({ imageId, rank, score }) => ({ imageId, name: words.rank(rank, formatScore(score)) }));
  return (
    <Stack gap="sm">
      <Progress
        value={(100 * at) / Math.max(1, items.length)}
        aria-label={words.progress(Math.min(at, items.length), items.length)}
      />
      {failed.map(({ turn, answer, error }) => (
        <Alert key={turn} color="orange" role="alert">
          {words.notKept(answer.rank, error?.message ?? '')}{' '}
          <Button size="compact-xs" variant="default" onClick={() => queue.tryAgain()}>
            {text.shell.tryAgain}
          </Button>
        </Alert>
      ))}
      <Group align="flex-start" gap="lg">
        <Stack gap={6} w={PICTURE_PX}>
          {item ? (
            <>
              <PictureRun projectId={ref.projectId} images={images} at={at} zoomPx={PICTURE_PX} />
              <Text size="sm" c="dimmed">
                {words.rank(item.rank, formatScore(item.score))} · {words.progress(at, items.length)}
              </Text>
            </>
          ) : (
            <EmptyState
              message={items.length === 0 ? words.none : words.done}
              action={
                <Group gap="xs">
                  {items.length > 0 && (
                    <Button variant="default" onClick={onMore}>
                      {words.more}
                    </Button>
                  )}
                  <Button variant="default" onClick={onClose}>
                    {words.close}
                  </Button>
                </Group>
              }
            />
          )}
        </Stack>
        <Stack gap="xs" style={{ flex: 1, minWidth: 220 }}>
          {acts.answers.map((act) => (
            <Answer key={act.name} act={act} strong={act.name === 'yes'} />
          ))}
          <Text size="sm" fw={600} mt={4}>
            {words.other}
          </Text>
          <VirtualList
            role="group"
            aria-label={words.other}
            tabIndex={0}
            total={acts.others.length}
            rowPx={ROW_PX}
            mostPx={190}
            renderRow={(index) => <Answer act={elementAt(acts.others, index)} />}
          />
          <Text size="xs" c="dimmed">
            {words.otherHint}
          </Text>
        </Stack>
      </Group>
      <SpotCheckEstimate ranking={ref} />
    </Stack>
  );
}

function Answer({ act, strong = false }: { readonly act: Act; readonly strong?: boolean }) {
  const [key] = act.keys;
  return (
    <Button
      size="xs"
      fullWidth
      flex="none"
      justify="space-between"
      variant={strong ? 'filled' : 'default'}
      rightSection={key === undefined ? null : <Kbd size="xs">{shownKeys(key).join('+')}</Kbd>}
      disabled={!act.can}
      // A click must not move the focus: otherwise the next space would press that button.
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => act.do()}
    >
      {act.label}
    </Button>
  );
}
