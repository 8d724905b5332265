/** One image after the other, a key per class. */
import { Alert, Button, Card, Group, Stack, Text } from '@mantine/core';
import { useWindowEvent } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useLayoutEffect, useRef, useState } from 'react';
import type { LabellingOrder, LabellingQueue as Queue } from '../../../main/api/contract.ts';
import { isTaken, type KeyedClass } from '../../class-keys.ts';
import { api, read } from '../../client.ts';
import { EmptyState, FailureState, QueryState } from '../../components/state-message.tsx';
import { Thumbnail } from '../../components/thumbnail.tsx';
import { ZoomSlider } from '../../components/zoom-slider.tsx';
import { text } from '../../text/en.ts';
import { useDecisionHistory } from '../ranks/use-decisions.ts';
import { ClassButtons } from './class-buttons.tsx';
import styles from './labelling.module.css';
import { useLabelActs } from './use-label-acts.ts';

const words = text.labelling;
const QUEUE = 50;
const ZOOMS = { min: 200, max: 1400, step: 40, usual: 400, near: 1000 } as const;
const NEXT_PX = 56;
const NEXT = 6;
const STEPS: Readonly<Record<string, number>> = { ' ': 1, ArrowRight: 1, ArrowLeft: -1 };

interface LabellingQueueProps {
  readonly projectId: string;
  readonly order: LabellingOrder;
  readonly classes: readonly KeyedClass[];
}

export function LabellingQueue(props: LabellingQueueProps) {
  const { projectId, order } = props;
  const [round, setRound] = useState(0);
  const queue = useQuery({
    queryKey: ['labelling-queue', projectId, order, round],
    queryFn: () =>
      read(
        api.projects[':project']['labelling-queue'].$get({
          param: { project: projectId },
          query: { order, limit: String(QUEUE), seed: String(round) },
        }),
      ),
    gcTime: 0,
  });
  return (
    <QueryState query={queue}>
      {(drawn) => <Labelling key={round} {...props} queue={drawn} onThrough={() => setRound(round + 1)} />}
    </QueryState>
  );
}

/** The middle of what is larger than its place, where the thing mostly is. */
function useMiddle(zoomPx: number, imageId: number | undefined) {
  const place = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: anew for each size and each image.
  useLayoutEffect(() => {
    const element = place.current;
    element?.scrollTo(
      (element.scrollWidth - element.clientWidth) / 2,
      (element.scrollHeight - element.clientHeight) / 2,
    );
  }, [zoomPx, imageId]);
  return place;
}

interface LabellingProps extends LabellingQueueProps {
  readonly queue: Queue;
  readonly onThrough: () => void;
}

function Labelling({ projectId, queue: drawn, classes, onThrough }: LabellingProps) {
  // As it was drawn until it is through, whatever is labelled meanwhile.
  const [queue] = useState(drawn);
  const [at, setAt] = useState(0);
  /** Places that were labelled in this pass, the last one at the end. */
  const [labelled, setLabelled] = useState<readonly number[]>([]);
  const [zoomPx, setZoomPx] = useState<number>(ZOOMS.usual);
  const picture = useMiddle(zoomPx, queue.images[at]?.imageId);
  const { data: history } = useDecisionHistory(projectId);
  const { label, undo } = useLabelActs(projectId);
  const image = queue.images[at];
  const busy = label.isPending || undo.isPending;

  const give = (classId: number) => {
    if (!image || busy) return;
    label.mutate(
      { decision: 'label', classId, target: { kind: 'images', imageIds: [image.imageId] } },
      {
        onSuccess: () => {
          setLabelled((before) => [...before, at]);
          setAt(at + 1);
        },
      },
    );
  };
  const takeBack = () => {
    if (busy || !history?.undo) return;
    undo.mutate(undefined, {
      onSuccess: () => {
        const last = labelled.at(-1);
        if (last !== undefined) setAt(last);
        setLabelled(labelled.slice(0, -1));
      },
    });
  };
  const step = (by: number) => setAt(Math.min(Math.max(0, at + by), queue.images.length));
  const zoom = () => setZoomPx(zoomPx < ZOOMS.near ? ZOOMS.near : ZOOMS.usual);
  useWindowEvent('keydown', (event) => {
    if (isTaken(event) || document.querySelector('[role=dialog]')) return;
    const control = event.ctrlKey || event.metaKey;
    if (event.altKey || (control && event.key !== 'z')) return;
    const wanted = control ? undefined : classes.find(({ key }) => key !== '' && key === event.key);
    const by = STEPS[event.key];
    if (wanted) give(wanted.id);
    else if (by !== undefined) step(by);
    else if (event.key === 'u' || (control && event.key === 'z')) takeBack();
    else if (event.key === 'z') zoom();
    else return;
    event.preventDefault();
  });
  const error = label.error ?? undo.error;
  return (
    <div className={styles.split}>
      <Stack gap="xs" miw={0}>
        {queue.fellBack && <Alert color="gray">{words.fellBack}</Alert>}
        {image ? (
          <>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a picture that is larger than its place is scrolled by key. */}
            <section ref={picture} className={styles.picture} aria-label={words.picture} tabIndex={0}>
              <Thumbnail
                key={image.imageId}
                projectId={projectId}
                imageId={image.imageId}
                boxPx={zoomPx}
                alt={image.name}
                fit="contain"
                now
              />
            </section>
            <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
              {image.name}
            </Text>
            <Group gap={4} role="group" aria-label={words.next}>
              {queue.images.slice(at + 1, at + 1 + NEXT).map(({ imageId, name }) => (
                <Thumbnail key={imageId} projectId={projectId} imageId={imageId} boxPx={NEXT_PX} alt={name} />
              ))}
            </Group>
          </>
        ) : (
          <EmptyState message={words.done} action={<Button onClick={onThrough}>{words.more}</Button>} />
        )}
      </Stack>
      <Stack gap="xs">
        <Text role="status">{words.left(Math.max(0, queue.total - labelled.length))}</Text>
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
        <ClassButtons projectId={projectId} classes={classes} disabled={!image} onGive={give} />
        <Group gap="xs">
          <Button size="xs" variant="default" disabled={at === 0} onClick={() => step(-1)}>
            {words.back}
          </Button>
          <Button size="xs" variant="default" disabled={!image} onClick={() => step(1)}>
            {words.skip}
          </Button>
          <Button size="xs" variant="default" onClick={zoom}>
            {words.zoomIn}
          </Button>
        </Group>
        <Button size="xs" variant="subtle" disabled={!history?.undo} onClick={takeBack}>
          {text.shell.undo(history?.undo)}
        </Button>
        <ZoomSlider zooms={ZOOMS} px={zoomPx} onChange={setZoomPx} />
      </Stack>
    </div>
  );
}
