/** What can be done with the chosen images of the grid, each action defined once. */
import type { DecisionHistory, LabelSetting } from '../../../main/api/contract.ts';
import type { Act, ActGroup } from '../../acts/act.ts';
import { gridMoves } from '../../acts/grid-moves.ts';
import { historyActs } from '../../acts/history-acts.ts';
import type { KeyedClass } from '../../classes/class-keys.ts';
import { text } from '../../text/en.ts';
import type { HandLabel } from './hand-labels.ts';
import { classActs, findAct, givenText } from './one-by-one-acts.ts';

const words = text.handLabelling;
const { lines, grid } = text.keys.handLabelling;

export interface ManyAtOnceDoings {
  readonly classes: readonly KeyedClass[];
  /** The number of images that acts apply to. */
  readonly count: number;
  /** Whether only unlabelled images are shown: they have no label to remove. */
  readonly unlabelled: boolean;
  readonly labels: LabelSetting;
  readonly lastGiven: HandLabel | undefined;
  readonly history: DecisionHistory | undefined;
  /** Where an image may have several classes, a class that the chosen images already have is removed. */
  give(classId: number): void;
  clear(): void;
  takeBack(): void;
  redo(): void;
  chooseAll(): void;
  chooseOne(): void;
  find(): void;
}

export interface ManyAtOnceActs {
  readonly classes: readonly Act[];
  readonly choosing: readonly Act[];
  readonly clear: Act;
  readonly history: readonly Act[];
  readonly all: readonly Act[];
  readonly groups: readonly ActGroup[];
}

export function manyAtOnceActs(doings: ManyAtOnceDoings): ManyAtOnceActs {
  const { count, lastGiven, history: known } = doings;
  const can = count > 0;
  const classes = classActs(
    doings.classes,
    can,
    doings.give,
    (name) => `${doings.labels === 'several' ? lines.toggle : lines.give}: ${name}`,
  );
  const choosing: readonly Act[] = [
    { name: 'all', keys: ['Ctrl+a'], label: words.chooseAll, does: lines.all, can, do: doings.chooseAll },
    { name: 'one', keys: ['Escape'], label: words.chooseOne, does: lines.none, can: count > 1, do: doings.chooseOne },
  ];
  const clear: Act = {
    name: 'clear',
    keys: [],
    label: doings.labels === 'several' ? words.clearAll : words.clear,
    can: can && !doings.unlabelled && doings.classes.length > 0,
    do: doings.clear,
  };
  const undo = lastGiven ? givenText(lastGiven) : (known?.undo ?? null);
  const history = historyActs(
    { history: { undo, redo: known?.redo ?? null }, undo: doings.takeBack, redo: doings.redo },
    ['u'],
  );
  const find = findAct(doings.find);
  return {
    classes,
    choosing,
    clear,
    history,
    all: [...classes, ...choosing, ...history, find],
    groups: [
      { title: grid, acts: [...gridMoves.move, ...gridMoves.choose, ...choosing, ...history, find] },
      { title: text.keys.classes, acts: classes },
    ],
  };
}
