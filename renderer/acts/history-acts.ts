/** Undoing the last act and redoing it, with the act's own name. */
import type { DecisionHistory } from '../../main/api/contract.ts';
import { text } from '../text/en.ts';
import type { Act } from './act.ts';

interface HistoryDoings {
  readonly history: DecisionHistory | undefined;
  undo(): void;
  redo(): void;
}

/** Undo, then redo. `further` are other keys for undo. */
export function historyActs(
  { history, undo, redo }: HistoryDoings,
  further: readonly string[] = [],
): readonly [Act, Act] {
  const { shell, keys } = text;
  return [
    {
      name: 'undo',
      keys: [...further, 'Ctrl+z'],
      label: shell.undo(history?.undo),
      does: keys.undo,
      can: Boolean(history?.undo),
      do: undo,
    },
    {
      name: 'redo',
      keys: ['Ctrl+Shift+z', 'Ctrl+y'],
      label: shell.redo(history?.redo),
      does: keys.redo,
      can: Boolean(history?.redo),
      do: redo,
    },
  ];
}
