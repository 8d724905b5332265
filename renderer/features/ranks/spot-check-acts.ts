/** The possible answers about one image of a spot-check, each defined once. */
import type { Act } from '../../acts/act.ts';
import type { KeyedClass } from '../../classes/class-keys.ts';
import { text } from '../../text/en.ts';

const words = text.ranks.spot;

interface SpotCheckDoings {
  readonly others: readonly KeyedClass[];
  /** Whether there is an image to answer for. */
  readonly image: boolean;
  readonly answered: boolean;
  say(correct: boolean, otherClassId: number | null): void;
  skip(): void;
  takeBack(): void;
}

export function spotCheckActs({ others, image, answered, say, skip, takeBack }: SpotCheckDoings) {
  const answers: readonly Act[] = [
    { name: 'yes', keys: ['y'], label: words.yes, can: image, do: () => say(true, null) },
    { name: 'no', keys: ['n'], label: words.no, can: image, do: () => say(false, null) },
    { name: 'skip', keys: [' '], label: words.skip, can: image, do: skip },
    { name: 'takeBack', keys: ['u'], label: words.undo, can: answered, do: takeBack },
  ];
  return {
    answers,
    others: others.map(
      ({ id, name, key }): Act => ({
        name: `other ${id}`,
        keys: key === '' ? [] : [key],
        label: name,
        can: image,
        do: () => say(false, id),
      }),
    ),
  };
}
