/** A few held-out pictures with a network's answers, at any point of its training: the newest while it learns. */
import { Stack, Text, Title } from '@mantine/core';
import { IconCheck, IconX } from '@tabler/icons-react';
import { type CSSProperties, useState } from 'react';
import { at } from '../../main/at.ts';
import { scaled } from '../components/look-scale.ts';
import { Thumbnail } from '../images/thumbnail.tsx';
import { text } from '../text/en.ts';
import type { Asked } from './curve-data.ts';
import { useRunClasses } from './curve-queries.ts';
import styles from './held-out-strip.module.css';
import type { DrawnRun } from './training-curves.tsx';

const TILE_PX = 88;

interface HeldOutStripProps extends Pick<DrawnRun, 'run' | 'name' | 'tone'> {
  readonly projectId: string;
  /** At least one. */
  readonly asked: readonly Asked[];
}

export function HeldOutStrip({ projectId, run, name, tone, asked }: HeldOutStripProps) {
  const words = text.training.heldOut;
  const { data: classes } = useRunClasses(projectId, run.id);
  const [chosen, setChosen] = useState<number | null>(null);
  const place = Math.min(chosen ?? asked.length - 1, asked.length - 1);
  const moment = asked[place];
  if (!moment) return null;
  const before = new Map(asked[place - 1]?.heldOut.shown.map(([imageId, , answer]) => [imageId, answer]));
  const pictures = moment.heldOut.shown.map(([imageId, truth, answer]) => ({
    ...{ imageId, truth, answer },
    right: truth === answer,
    changed: (before.get(imageId) ?? answer) !== answer,
  }));
  const right = pictures.filter((picture) => picture.right).length;
  const changed = pictures.filter((picture) => picture.changed).length;
  const nameOf = (output: number) => (classes ? at(classes.classNames, output) : '…');
  const heading = words.heading(pictures.length);
  return (
    <Stack component="section" gap={6} aria-label={`${heading}, ${name}`}>
      <Title order={3} size="h5">
        {heading}: {name}
      </Title>
      <Text size="sm" c="dimmed">
        {words.lead}
      </Text>
      <div className={styles.moment}>
        <Text size="sm" fw={600} role="status">
          {words.after(moment.imagesProcessed)}: {words.now(right, pictures.length, changed)}
        </Text>
        {asked.length > 1 && (
          <input
            type="range"
            aria-label={words.moment}
            aria-valuetext={words.after(moment.imagesProcessed)}
            style={{ '--tone': `var(--${tone})` } as CSSProperties}
            min={0}
            max={asked.length - 1}
            value={place}
            // At the right end it follows the training.
            onChange={({ currentTarget: { valueAsNumber: to } }) => setChosen(to === asked.length - 1 ? null : to)}
          />
        )}
      </div>
      <ul className={styles.pictures}>
        {pictures.map(({ imageId, truth, answer, ...state }) => {
          const Mark = state.right ? IconCheck : IconX;
          const said = state.right ? words.right(nameOf(answer)) : words.wrong(nameOf(answer), nameOf(truth));
          return (
            <li
              key={imageId}
              className={styles.picture}
              data-right={state.right}
              style={{ inlineSize: scaled(TILE_PX) }}
            >
              <Thumbnail projectId={projectId} imageId={imageId} boxPx={TILE_PX} alt={said} />
              <span className={styles.answer} aria-hidden="true" title={said}>
                <Mark size={14} />
                <span>{nameOf(answer)}</span>
              </span>
              {!state.right && (
                <span className={styles.note} aria-hidden="true">
                  {words.truth(nameOf(truth))}
                </span>
              )}
              {state.changed && <span className={styles.changed}>{words.changed}</span>}
            </li>
          );
        })}
      </ul>
    </Stack>
  );
}
