/**
 * One image after the other, one key per class. A key press applies to the picture on the screen at that moment, and the next
 * picture appears at once; the answers are sent in turn.
 */
import { Alert, Card, Group, Stack, Text } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import type { LabellingOrder, LabelSetting } from '../../../main/api/contract.ts';
import { ActButton } from '../../acts/act-button.tsx';
import { useActKeys } from '../../acts/use-act-keys.ts';
import type { KeyedClass } from '../../classes/class-keys.ts';
import { namesOfClasses } from '../../classes/joined-names.ts';
import { KeysHelp } from '../../components/keys-help.tsx';
import { lookScale } from '../../components/look-scale.ts';
import { FailureState, LoadingState } from '../../components/state-message.tsx';
import { Writes } from '../../components/writing.tsx';
import { ZoomSlider } from '../../components/zoom-slider.tsx';
import { Picture } from '../../images/picture.tsx';
import { AHEAD, PictureRun } from '../../images/picture-run.tsx';
import { useDecisionHistory, useUndo } from '../../queries/decision-queries.ts';
import { text } from '../../text/en.ts';
import { LearnFromLabels } from '../../training/learn-from-labels.tsx';
import { AnswersUnderWay } from './answers-under-way.tsx';
import { ClassButtons } from './class-buttons.tsx';
import styles from './hand-labelling.module.css';
import { useHandLabels } from './hand-labels.ts';
import { oneByOneActs } from './one-by-one-acts.ts';
import { RunThrough } from './run-through.tsx';
import { classesAfter, saidByImage } from './said-classes.ts';
import { type ImageToLabel, useImagesToLabel } from './use-images-to-label.ts';

const words = text.handLabelling;
const ZOOMS = { min: 200, max: 1400, step: 40, usual: 400, near: 1000 } as const;
const LARGEST_USUAL_PX = 800;
/** Of the window's height, leaving room above and below the picture. */
const USUAL_SHARE = 0.5;

/** As large as fits into the window. */
function usualPx(): number {
  const room = (USUAL_SHARE * window.innerHeight) / lookScale();
  const steps = Math.floor(room / ZOOMS.step) * ZOOMS.step;
  return Math.min(LARGEST_USUAL_PX, Math.max(ZOOMS.usual, steps));
}
/** More are drawn when fewer are left. */
const FEW = 2 * AHEAD;

interface OneByOneProps {
  readonly projectId: string;
  readonly order: LabellingOrder;
  /** Only a few images that the teacher assigns to this class. */
  readonly ofClass: number | null;
  readonly classes: readonly KeyedClass[];
  readonly labels: LabelSetting;
  readonly onAgain: () => void;
}

export function OneByOne({ projectId, order, ofClass, classes, labels, onAgain }: OneByOneProps) {
  const drawn = useImagesToLabel(projectId, order, ofClass);
  const { queue, given } = useHandLabels(projectId);
  const { data: history } = useDecisionHistory(projectId);
  const { undo } = useUndo(projectId);
  /** The skipped images, while going through them again. */
  const [round, setRound] = useState<readonly ImageToLabel[] | null>(null);
  const [at, setAt] = useState(0);
  const [search, setSearch] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const [zoomPx, setZoomPx] = useState(usualPx);
  const images = round ?? drawn.images;
  const image = images[at];
  const nameOf = (classId: number) => classes.find(({ id }) => id === classId)?.name ?? '';
  const said = saidByImage(given);
  const classesOf = ({ imageId }: ImageToLabel) => classesAfter([], said.get(imageId) ?? [], labels);
  const answered = drawn.images.filter((one) => classesOf(one).length > 0);
  const keptIds = new Set(given.filter(({ state }) => state === 'kept').flatMap(({ answer }) => answer.imageIds));
  const kept = answered.filter(({ imageId }) => keptIds.has(imageId)).length;
  const unanswered = drawn.images.length - kept;
  const wantsMore = round === null && !drawn.ended && !drawn.error && images.length - at < FEW;
  const { more } = drawn;
  useEffect(() => {
    if (wantsMore) more(unanswered);
  }, [wantsMore, more, unanswered]);

  const has = new Set(image ? classesOf(image) : []);
  const acts = oneByOneActs({
    classes,
    toggles: labels === 'several',
    image: image !== undefined,
    first: at === 0,
    lastGiven: given.findLast(({ state }) => state !== 'takingBack')?.answer,
    history,
    give: (classId) => {
      if (!image) return;
      const { imageId, name } = image;
      const decision = labels === 'several' && has.has(classId) ? 'clearLabel' : 'label';
      const target = { kind: 'images', imageIds: [imageId] } as const;
      queue.give({ decision, classId, target, imageIds: [imageId], images: name, className: nameOf(classId) });
      if (labels === 'one') setAt(at + 1);
    },
    takeBack: () => {
      const back = queue.takeBack();
      if (!back) undo.mutate();
      const place = images.findIndex(({ imageId }) => back?.imageIds.includes(imageId));
      if (place >= 0) setAt(place);
    },
    step: (by) => setAt(Math.min(Math.max(0, at + by), images.length)),
    find: () => field.current?.focus(),
    zoom: () => setZoomPx(zoomPx < ZOOMS.near ? ZOOMS.near : usualPx()),
  });
  useActKeys(acts.all);

  if (drawn.total === null) {
    return drawn.error ? <FailureState error={drawn.error} retry={() => more(0)} /> : <LoadingState />;
  }
  const names = namesOfClasses(classes, image ? classesOf(image) : []);
  return (
    <div className={styles.split}>
      <Stack gap="xs" miw={0}>
        {drawn.fellBack && <Alert color="gray">{order === 'farthest' ? words.notLooked : words.fellBack}</Alert>}
        {drawn.error && <FailureState error={drawn.error} retry={() => more(unanswered)} />}
        {image ? (
          <>
            <PictureRun projectId={projectId} images={images} at={at} zoomPx={zoomPx} />
            <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
              {image.name}
              {names !== null && ` · ${words.labelled(names)}`}
            </Text>
            <section className={styles.next} aria-label={words.next}>
              {images.slice(at + 1, at + 1 + AHEAD).map(({ imageId, name }) => (
                <span key={imageId}>
                  {/* The size of the large picture, so that it is loaded once for both. */}
                  <Picture projectId={projectId} imageId={imageId} boxPx={zoomPx} alt={name} now />
                </span>
              ))}
            </section>
          </>
        ) : round === null && !drawn.ended ? (
          <LoadingState />
        ) : (
          <RunThrough
            projectId={projectId}
            none={drawn.total === 0}
            skipped={drawn.images.length - answered.length}
            onSkipped={() => {
              setRound(drawn.images.filter((one) => classesOf(one).length === 0));
              setAt(0);
            }}
            onAgain={onAgain}
          />
        )}
      </Stack>
      <Stack gap="xs">
        <Text role="status">{words.left(Math.max(0, drawn.total - answered.length))}</Text>
        <AnswersUnderWay queue={queue} given={given} />
        {image && image.suggestions.length > 0 && (
          <Card withBorder padding="xs">
            <Text size="sm" c="dimmed">
              {words.suggestions}
            </Text>
            {image.suggestions.map(({ classId, probability }) => (
              <Text key={classId} size="sm">
                {words.suggestion(nameOf(classId), probability)}
              </Text>
            ))}
          </Card>
        )}
        <Writes>
          <ClassButtons
            projectId={projectId}
            classes={classes}
            acts={acts.classes}
            pressed={labels === 'several' ? has : undefined}
            search={search}
            onSearch={setSearch}
            field={field}
          />
        </Writes>
        <Group gap="xs">
          {acts.buttons.map((act) => (
            <ActButton key={act.name} act={act} />
          ))}
          <KeysHelp groups={acts.groups} />
        </Group>
        <Writes>
          <ActButton act={acts.takeBack} variant="subtle" />
        </Writes>
        {undo.error && <FailureState error={undo.error} />}
        <LearnFromLabels projectId={projectId} />
        <ZoomSlider zooms={ZOOMS} px={zoomPx} onChange={setZoomPx} />
      </Stack>
    </div>
  );
}
