/** One image at a time, drawn along the rank: is it of the class, or of which one instead? Answered by key, taken back by key. */
import { Button, Group, Kbd, Modal, Progress, ScrollArea, Stack, Text } from '@mantine/core';
import { useWindowEvent } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { type MouseEvent, useState } from 'react';
import type { ClassInfo, SpotCheckDraw } from '../../../main/api/contract.ts';
import { isTaken, withKeys } from '../../class-keys.ts';
import { read } from '../../client.ts';
import { EmptyState, FailureState, QueryState } from '../../components/state-message.tsx';
import { Thumbnail } from '../../components/thumbnail.tsx';
import { text } from '../../text/en.ts';
import { formatScore } from './rank-tile.tsx';
import { type ClassRankingRef, classParam } from './ranks-queries.ts';
import { SpotCheckEstimate } from './spot-check-estimate.tsx';
import { spotCheckRoute, useSpotCheckActs } from './use-spot-check.ts';

const words = text.ranks.spot;
const COUNT = 30;
const PICTURE_PX = 400;
const RESERVED = 'ynu? ';

interface SpotCheckProps {
  readonly ranking: ClassRankingRef;
  readonly name: string;
  readonly classes: readonly ClassInfo[];
  readonly opened: boolean;
  readonly onClose: () => void;
}

export function SpotCheck(props: SpotCheckProps) {
  return (
    <Modal
      opened={props.opened}
      onClose={props.onClose}
      title={words.title(props.name)}
      size={760}
      closeButtonProps={{ 'aria-label': words.close }}
    >
      {/* Not on the closing button, which the first space would press. */}
      <div tabIndex={-1} data-autofocus style={{ outline: 'none' }}>
        {props.opened && <Drawn {...props} />}
      </div>
    </Modal>
  );
}

function Drawn(props: SpotCheckProps) {
  const [round, setRound] = useState(0);
  const draw = useQuery({
    // Not of the project's keys: the draw stays until it is through, whatever is answered meanwhile.
    queryKey: ['spot-check', props.ranking, round],
    queryFn: () => read(spotCheckRoute.$get({ param: classParam(props.ranking), query: { count: String(COUNT) } })),
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

function Checking({ ranking, classes, items, onMore, onClose }: CheckingProps) {
  const [at, setAt] = useState(0);
  /** Places that were answered, the last one at the end; skipped ones are none. */
  const [answered, setAnswered] = useState<readonly number[]>([]);
  const { answer, takeBack } = useSpotCheckActs(ranking);
  const item = items[at];
  const others = withKeys(
    classes.filter(({ id }) => id !== ranking.classId),
    RESERVED,
  );
  const busy = answer.isPending || takeBack.isPending;
  const last = answered.at(-1);

  const say = (correct: boolean, otherClassId: number | null = null) => {
    if (!item || busy) return;
    const { imageId, rank } = item;
    answer.mutate(
      { imageId, rank, correct, otherClassId },
      {
        onSuccess: () => {
          setAnswered((before) => [...before, at]);
          setAt(at + 1);
        },
      },
    );
  };
  const back = () => {
    const wanted = last === undefined ? undefined : items[last];
    if (last === undefined || !wanted || busy) return;
    takeBack.mutate(wanted.imageId, {
      onSuccess: () => {
        setAnswered((before) => before.slice(0, -1));
        setAt(last);
      },
    });
  };
  const skip = () => setAt(Math.min(at + 1, items.length));
  useWindowEvent('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTaken(event)) return;
    const other = others.find(({ key }) => key !== '' && key === event.key);
    const acts: Readonly<Record<string, () => void>> = { y: () => say(true), n: () => say(false), ' ': skip, u: back };
    const act = other ? () => say(false, other.id) : acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  const error = answer.error ?? takeBack.error;
  return (
    // A click leaves the focus where it is: otherwise the next space would press that button.
    <Stack gap="sm" onMouseDown={keepFocus}>
      <Progress
        value={(100 * at) / Math.max(1, items.length)}
        aria-label={words.progress(Math.min(at, items.length), items.length)}
      />
      {error && <FailureState error={error} />}
      <Group align="flex-start" gap="lg">
        <Stack gap={6} w={PICTURE_PX}>
          {item ? (
            <>
              <Thumbnail
                key={item.imageId}
                projectId={ranking.projectId}
                imageId={item.imageId}
                boxPx={PICTURE_PX}
                alt={words.rank(item.rank, formatScore(item.score))}
                fit="contain"
                now
              />
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
                  <Button onClick={onClose}>{words.close}</Button>
                </Group>
              }
            />
          )}
        </Stack>
        <Stack gap="xs" style={{ flex: 1, minWidth: 220 }}>
          <Answer keyName="y" label={words.yes} disabled={!item} onClick={() => say(true)} strong />
          <Answer keyName="n" label={words.no} disabled={!item} onClick={() => say(false)} />
          <Answer keyName="Space" label={words.skip} disabled={!item} onClick={skip} />
          <Answer keyName="u" label={words.undo} disabled={last === undefined} onClick={back} />
          <Text size="sm" fw={600} mt={4}>
            {words.other}
          </Text>
          <ScrollArea.Autosize mah={190} type="auto" viewportProps={{ tabIndex: 0, 'aria-label': words.other }}>
            <Stack gap={4}>
              {others.map(({ id, name, key }) => (
                <Answer key={id} keyName={key} label={name} disabled={!item} onClick={() => say(false, id)} />
              ))}
            </Stack>
          </ScrollArea.Autosize>
          <Text size="xs" c="dimmed">
            {words.otherHint}
          </Text>
        </Stack>
      </Group>
      <SpotCheckEstimate ranking={ranking} />
    </Stack>
  );
}

interface AnswerProps {
  readonly keyName: string;
  readonly label: string;
  readonly disabled: boolean;
  readonly onClick: () => void;
  readonly strong?: boolean;
}

function Answer({ keyName, label, disabled, onClick, strong = false }: AnswerProps) {
  return (
    <Button
      size="xs"
      fullWidth
      flex="none"
      justify="space-between"
      variant={strong ? 'filled' : 'default'}
      rightSection={keyName === '' ? null : <Kbd size="xs">{keyName}</Kbd>}
      disabled={disabled}
      onClick={onClick}
    >
      {label}
    </Button>
  );
}

function keepFocus(event: MouseEvent): void {
  if (event.target instanceof HTMLElement && event.target.closest('button')) event.preventDefault();
}
