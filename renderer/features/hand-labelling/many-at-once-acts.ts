/** What can be done with the chosen images of the grid, each said once. */
import type { DecisionHistory } from '../../../main/api/contract.ts';
import type { Act, ActGroup } from '../../acts/act.ts';
import { gridMoves } from '../../acts/grid-moves.ts';
import { historyActs } from '../../acts/history-acts.ts';
import type { KeyedClass } from '../../classes/class-keys.ts';
import { text } from '../../text/en.ts';
import type { HandLabel } from './hand-labels.ts';
import { classActs, findAct } from './one-by-one-acts.ts';

const words = text.handLabelling;
const { lines, grid } = text.keys.handLabelling;

export interface ManyAtOnceDoings {
  readonly classes: readonly KeyedClass[];
  /** Images that acts go to. */
  readonly count: number;
  /** Whether only unlabelled images are shown: none of them has a label to take back. */
  readonly unlabelled: boolean;
  readonly lastGiven: HandLabel | undefined;
  readonly history: DecisionHistory | undefined;
  give(decision: HandLabel['decision'], classId: number): void;
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
    (classId) => doings.give('label', classId),
    (name) => `${lines.give}: ${name}`,
  );
  const choosing: readonly Act[] = [
    { name: 'all', keys: ['Ctrl+a'], label: words.chooseAll, does: lines.all, can, do: doings.chooseAll },
    { name: 'one', keys: ['Escape'], label: words.chooseOne, does: lines.none, can: count > 1, do: doings.chooseOne },
  ];
  const [firstClass] = doings.classes;
  const clear: Act = {
    name: 'clear',
    keys: [],
    label: words.clear,
    can: can && !doings.unlabelled && firstClass !== undefined,
    do: () => firstClass && doings.give('clearLabel', firstClass.id),
  };
  const undo = lastGiven ? words.given(lastGiven.images, lastGiven.className) : (known?.undo ?? null);
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
