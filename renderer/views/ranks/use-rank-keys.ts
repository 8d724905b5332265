/** The keys of the ranks: in the grid they decide of its images, elsewhere on the screen they move about and undo. */
import { useWindowEvent } from '@mantine/hooks';
import type { KeyboardEvent as ReactKeyboardEvent } from 'react';
import type { DecisionKind } from '../../../main/api/contract.ts';
import { isTaken, type KeyedClass } from '../../class-keys.ts';
import { classKeyLines, type KeyGroup } from '../../components/keys-help.tsx';
import { text } from '../../text/en.ts';

/** No class has these on this screen. */
export const RANK_KEYS = 'xpclgs[]? ';

export interface RankActs {
  readonly classes: readonly KeyedClass[];
  decide(decision: DecisionKind, classId?: number): void;
  undo(): void;
  redo(): void;
  toLine(): void;
  chooseAbove(): void;
  chooseNone(): void;
  /** To the class before (−1) or after (1). */
  stepClass(by: number): void;
  spotCheck(): void;
}

/** Gives what the grid does with a key that it has no use for; true when it was one of these. */
export function useRankKeys(acts: RankActs): (event: ReactKeyboardEvent) => boolean {
  const anywhere: Readonly<Record<string, () => void>> = {
    l: acts.toLine,
    s: acts.spotCheck,
    '[': () => acts.stepClass(-1),
    ']': () => acts.stepClass(1),
  };
  useWindowEvent('keydown', (event) => {
    if (event.defaultPrevented || event.altKey || isTaken(event) || document.querySelector('[role=dialog]')) return;
    const control = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    const act = control ? undoOf(acts, key, event.shiftKey) : anywhere[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  return (event) => {
    if (event.altKey) return false;
    if (event.ctrlKey || event.metaKey) {
      if (event.key.toLowerCase() !== 'a') return false;
      acts.chooseAbove();
      return true;
    }
    const labelled = acts.classes.find(({ key }) => key !== '' && key === event.key);
    const decision = VERDICTS[event.key];
    if (event.key === 'Escape') acts.chooseNone();
    else if (decision) acts.decide(decision);
    else if (labelled) acts.decide('label', labelled.id);
    else return false;
    return true;
  };
}

const VERDICTS: Readonly<Record<string, DecisionKind>> = { x: 'veto', p: 'pin', c: 'clearVerdict' };

function undoOf(acts: RankActs, key: string, shift: boolean): (() => void) | undefined {
  if (key === 'y' || (key === 'z' && shift)) return acts.redo;
  return key === 'z' ? acts.undo : undefined;
}

export function rankKeyGroups(classes: readonly KeyedClass[]): readonly KeyGroup[] {
  const { lines, move, decide, elsewhere } = text.keys.ranks;
  return [
    {
      title: decide,
      lines: [
        { keys: ['x'], does: lines.veto },
        { keys: ['p'], does: lines.pin },
        { keys: ['c'], does: lines.clear },
        { keys: ['Space'], does: lines.choose },
        { keys: ['Shift', '→'], does: lines.range },
        { keys: ['Ctrl', 'a'], does: lines.all },
        { keys: ['Esc'], does: lines.none },
        { keys: ['Ctrl', 'z'], does: lines.undo },
        { keys: ['Ctrl', 'Shift', 'z'], does: lines.redo },
      ],
    },
    {
      title: move,
      lines: [
        { keys: ['←', '→', '↑', '↓'], does: lines.arrows },
        { keys: ['Page ↑', 'Page ↓'], does: lines.pages },
        { keys: ['Home', 'End'], does: lines.ends },
        { keys: ['l'], does: lines.line },
        { keys: ['g'], does: lines.jump },
        { keys: ['[', ']'], does: lines.classes },
      ],
    },
    {
      title: elsewhere,
      lines: [
        { keys: ['←', '↓'], does: lines.kLine },
        { keys: ['s'], does: lines.spot },
        { keys: ['?'], does: lines.help },
      ],
    },
    { title: text.keys.classes, lines: classKeyLines(classes, text.keys.give) },
  ];
}
