/** What can be done in the ranks, each action defined once: the bar, the keys and the list of keys are made from these. */
import type { DecisionHistory, DecisionKind } from '../../../main/api/contract.ts';
import type { Act, ActGroup } from '../../acts/act.ts';
import { gridMoves } from '../../acts/grid-moves.ts';
import { historyActs } from '../../acts/history-acts.ts';
import type { KeyedClass } from '../../classes/class-keys.ts';
import { text } from '../../text/en.ts';

/** No class gets these keys on this screen. */
export const RANK_KEYS = 'vxpclgs[]? ';

const { actions } = text.ranks;
const { lines } = text.keys.ranks;

export interface RankDoings {
  readonly classes: readonly KeyedClass[];
  readonly total: number;
  readonly history: DecisionHistory | undefined;
  /** For the chosen images. */
  decide(decision: DecisionKind, label: string, classId?: number): void;
  next(): void;
  undo(): void;
  redo(): void;
  toLine(): void;
  jump(): void;
  chooseAbove(): void;
  chooseNone(): void;
  /** To the class before (−1) or after (1). */
  stepClass(by: number): void;
  spotCheck(): void;
}

export interface RankActs {
  readonly verdicts: readonly Act[];
  /** The same for classes without a key: picked from all. */
  readonly relabel: {
    readonly classes: readonly KeyedClass[];
    readonly can: boolean;
    give(classId: number): void;
  };
  readonly history: readonly Act[];
  readonly spotCheck: Act;
  /** All acts that have keys. */
  readonly all: readonly Act[];
  readonly groups: readonly ActGroup[];
}

export function rankActs(doings: RankDoings): RankActs {
  const can = doings.total > 0;
  const verdict = (decision: DecisionKind, keys: readonly string[], label: string, does: string): Act => ({
    name: decision,
    keys,
    label,
    does,
    can,
    do: () => doings.decide(decision, label),
  });
  const verdicts = [
    verdict('veto', ['x', 'v'], actions.veto, lines.veto),
    verdict('pin', ['p'], actions.pin, lines.pin),
    verdict('clearVerdict', ['c'], actions.clear, lines.clear),
  ];
  const classes = doings.classes.map(
    ({ id, name, key }): Act => ({
      name: `label ${id}`,
      keys: key === '' ? [] : [key],
      label: name,
      does: text.keys.give(name),
      can,
      do: () => doings.decide('label', text.keys.give(name), id),
    }),
  );
  // With shift or Caps Lock, as in programs for sorting photographs: the act, then the next image.
  const andOn = [...verdicts, ...classes].map(
    (act): Act => ({
      ...act,
      name: `${act.name}, next`,
      keys: act.keys.filter((key) => /^[a-z]$/.test(key)).map((key) => `Shift+${key}`),
      do: () => {
        act.do();
        doings.next();
      },
    }),
  );
  const spotCheck: Act = {
    name: 'spotCheck',
    keys: ['s'],
    label: text.ranks.spotCheck,
    does: lines.spot,
    can,
    do: doings.spotCheck,
  };
  const simple = (name: string, keys: readonly string[], does: string, act: () => void): Act => ({
    name,
    keys,
    label: does,
    can: true,
    do: act,
  });
  const choosing = [
    simple('all', ['Ctrl+a'], lines.all, doings.chooseAbove),
    simple('none', ['Escape'], lines.none, doings.chooseNone),
  ];
  const going = [
    simple('line', ['l'], lines.line, doings.toLine),
    simple('jump', ['g'], lines.jump, doings.jump),
    simple('classBefore', ['['], lines.classBefore, () => doings.stepClass(-1)),
    simple('classAfter', [']'], lines.classAfter, () => doings.stepClass(1)),
  ];
  const history = historyActs(doings);
  const shift: Act = { name: 'andOn', keys: ['Shift+x', 'Shift+p'], label: lines.andOn, can, do: () => {} };
  return {
    verdicts,
    relabel: { classes: doings.classes, can, give: (classId) => doings.decide('label', actions.relabel, classId) },
    history,
    spotCheck,
    all: [...verdicts, ...classes, ...andOn, ...choosing, ...going, ...history, spotCheck],
    groups: [
      { title: text.keys.ranks.decide, acts: [...verdicts, shift, ...history] },
      { title: text.keys.ranks.choose, acts: [...gridMoves.choose, ...choosing] },
      { title: text.keys.ranks.move, acts: [...gridMoves.move, ...going] },
      {
        title: text.keys.ranks.elsewhere,
        acts: [simple('kLine', ['ArrowLeft', 'ArrowDown'], lines.kLine, () => {}), spotCheck],
      },
      { title: text.keys.classes, acts: classes },
    ],
  };
}
