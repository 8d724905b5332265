/** What can be done with the single picture, each action defined once. */
import type { DecisionHistory } from '../../../main/api/contract.ts';
import type { Act, ActGroup } from '../../acts/act.ts';
import type { KeyedClass } from '../../classes/class-keys.ts';
import { text } from '../../text/en.ts';
import type { HandLabel } from './hand-labels.ts';

/** The screen's own keys, which are not given to classes here. */
export const HAND_KEYS = 'uz?/ ';

const words = text.handLabelling;
const { lines, queue } = text.keys.handLabelling;

export interface OneByOneDoings {
  readonly classes: readonly KeyedClass[];
  /** Whether there is an image to label. */
  readonly image: boolean;
  readonly first: boolean;
  /** Where an image may have several classes: one key adds or removes a class, and another key continues. */
  readonly toggles: boolean;
  /** The newest label of this page that stands. */
  readonly lastGiven: HandLabel | undefined;
  readonly history: DecisionHistory | undefined;
  give(classId: number): void;
  takeBack(): void;
  step(by: number): void;
  zoom(): void;
  /** Moves to the field in which a class is found by its name. */
  find(): void;
}

export interface OneByOneActs {
  readonly classes: readonly Act[];
  readonly buttons: readonly Act[];
  readonly takeBack: Act;
  readonly all: readonly Act[];
  readonly groups: readonly ActGroup[];
}

export function oneByOneActs(doings: OneByOneDoings): OneByOneActs {
  const { image, lastGiven, history } = doings;
  const does = doings.toggles ? text.keys.toggle : text.keys.give;
  const classes = classActs(doings.classes, image, doings.give, does);
  const buttons: readonly Act[] = [
    {
      name: 'back',
      keys: ['ArrowLeft'],
      label: words.back,
      does: lines.back,
      can: !doings.first,
      do: () => doings.step(-1),
    },
    {
      name: 'skip',
      keys: [' ', 'ArrowRight', ...(doings.toggles ? ['Enter'] : [])],
      label: doings.toggles ? words.nextOne : words.skip,
      does: doings.toggles ? lines.next : lines.skip,
      can: image,
      do: () => doings.step(1),
    },
    { name: 'zoom', keys: ['z'], label: words.zoomIn, does: lines.zoom, can: image, do: doings.zoom },
  ];
  const takeBack: Act = {
    name: 'undo',
    keys: ['u', 'Ctrl+z'],
    label: text.shell.undo(lastGiven ? givenText(lastGiven) : history?.undo),
    does: lines.undo,
    can: lastGiven !== undefined || Boolean(history?.undo),
    do: doings.takeBack,
  };
  const find = findAct(doings.find);
  return {
    classes,
    buttons,
    takeBack,
    all: [...classes, ...buttons, takeBack, find],
    groups: [
      { title: queue, acts: [...buttons, takeBack, find] },
      { title: text.keys.classes, acts: classes },
    ],
  };
}

/** The workbench's name for the act that undo takes back. */
export function givenText({ decision, classId, images, className }: HandLabel): string {
  return (decision === 'clearLabel' && classId !== null ? words.taken : words.given)(images, className);
}

export function findAct(find: () => void): Act {
  return {
    name: 'find',
    keys: ['/'],
    label: text.shell.classes.find,
    does: text.keys.handLabelling.lines.find,
    can: true,
    do: find,
  };
}

/** One per class; `can` applies to all. */
export function classActs(
  classes: readonly KeyedClass[],
  can: boolean,
  give: (classId: number) => void,
  does: (name: string) => string,
): readonly Act[] {
  return classes.map(({ id, name, key }) => ({
    name: `label ${id}`,
    keys: key === '' ? [] : [key],
    label: name,
    does: does(name),
    can,
    do: () => give(id),
  }));
}
