/** Texts for correcting labels, learning from them, and what that changed. */
import { formatCount, formatDuration, formatPercent } from '../format.ts';
import { compare } from './compare.ts';

const images = (count: number) => `${formatCount(count)} ${count === 1 ? 'image' : 'images'}`;

export const correcting = {
  heading: 'Fix the label',
  label: { folder: (name: string) => `Its folder says: ${name}`, hand: (name: string) => `Labelled by hand: ${name}` },
  none: 'It has no label yet.',
  /** For assistive technology, and on the buttons of classes suggested by a model. */
  give: (name: string) => `It is ${name}`,
  /** Where an image may have several classes. */
  take: (name: string) => `It is not ${name}`,
  another: 'Another class…',
  files: 'A label is a decision that can be undone; no file is moved or changed.',
  undo: 'Undo this label',
  undone: 'Undone.',
  outside: 'This image is not in the collection, so nothing can learn from it yet.',
  addFolder: 'Add its folder to the collection',
  added: 'Its folder is being read; this image can be labelled after that.',
  dropped: 'A dropped image is not kept: add its folder to the collection to label it.',
  again: {
    heading: 'Train further',
    act: 'Train further with these labels',
    stale: (stages: readonly string[], seconds: number | null) =>
      `To be repeated: ${stages.join(', ')}${seconds === null ? '' : ` (about ${formatDuration(seconds)})`}. Everything else is reused.`,
    learnt: 'The models have already learnt from these labels.',
    nothing: 'Nothing has been trained yet that could learn from the labels.',
    toChanges: 'See what it changed',
  },
  changes: {
    heading: 'What the labels changed',
    lead: 'Compared with the previous comparison, on the same held-out images and with the current labels.',
    labels: (count: number) => `${images(count)} with a different label than before`,
    noLabels: 'No label has changed.',
    labelsShown: (shown: number) => `The first ${formatCount(shown)} are shown.`,
    from: (before: string | null, after: string | null) => `${before ?? 'no label'} → ${after ?? 'no label'}`,
    heldOut: 'held out',
    columns: { before: 'Before', after: 'After', difference: 'Difference' },
    accuracy: (share: number, interval: readonly [number, number]) =>
      `${formatPercent(share)} (${compare.interval(interval)})`,
    selection: (entered: number, left: number, stayed: number) =>
      `${images(entered)} entered the selection, ${images(left)} left it, ${images(stayed)} stayed.`,
    classes: 'By class',
    entered: 'Entered',
    left: 'Left',
    gained: 'Now right',
    lost: 'Now wrong',
    of: (count: number) => `of ${formatCount(count)}`,
    noClasses: 'Nothing changed in any class.',
    look: 'Images',
    looks: { entered: 'Entered the selection', left: 'Left the selection' },
    ofClass: 'Class',
    allClasses: 'All classes',
  },
} as const;
