/** The K line while it is being moved: shown at once, previewed in the balance, saved as the project's K when released. */
import { useDebouncedValue } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { RankedItem, SettingsChange } from '../../../main/api/contract.ts';
import { api, read } from '../../client.ts';
import { ranksKey } from '../../queries/ranks-queries.ts';
import { kForCut } from './k-line-geometry.ts';

const LOOK_AHEAD_MS = 90;
const KEYS_SETTLED_MS = 500;

export interface KLine {
  readonly k: number;
  readonly cutRank: number;
  readonly moving: boolean;
  /** Settings for the preview while it moves. */
  readonly ahead: SettingsChange;
  readonly error: Error | null;
  /** Moves the line to this rank without saving. */
  moveTo(cutRank: number): void;
  /** Moves it by this many ranks, saved shortly after the last key press. */
  moveBy(ranks: number): void;
  letGo(): void;
  keepK(k: number): void;
}

export interface KLineNow {
  readonly k: number;
  /** For the displayed class. */
  readonly kept: number;
  readonly cutRank: number;
  readonly total: number;
  itemAt(index: number): RankedItem | undefined;
}

export function useKLine(projectId: string, now: KLineNow): KLine {
  const [draft, setDraft] = useState<{ readonly k: number; readonly cutRank: number } | null>(null);
  const [lookedAhead] = useDebouncedValue(draft?.k ?? null, LOOK_AHEAD_MS);
  const settle = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const change = useChangeSettings(projectId, () => setDraft(null));
  useEffect(() => () => clearTimeout(settle.current), []);

  const moved = (cutRank: number) => {
    const to = Math.min(Math.max(1, cutRank), Math.max(1, now.total));
    return {
      cutRank: to,
      k: kForCut({ k: now.kept, cutRank: now.cutRank }, to, (rank) => counts(now.itemAt(rank - 1))),
    };
  };
  return {
    k: draft?.k ?? now.k,
    cutRank: draft?.cutRank ?? now.cutRank,
    moving: draft !== null,
    ahead: draft !== null && lookedAhead !== null ? { k: lookedAhead } : {},
    error: change.error,
    moveTo: (cutRank) => setDraft(moved(cutRank)),
    moveBy: (ranks) => {
      const next = moved((draft?.cutRank ?? now.cutRank) + ranks);
      setDraft(next);
      clearTimeout(settle.current);
      settle.current = setTimeout(() => change.mutate({ k: next.k }), KEYS_SETTLED_MS);
    },
    letGo: () => {
      if (draft) change.mutate({ k: draft.k });
    },
    keepK: (k) => change.mutate({ k }),
  };
}

export function useChangeSettings(projectId: string, onRenewed?: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: SettingsChange) =>
      read(
        api.projects[':project']['selection-settings'].$post({
          param: { project: projectId },
          json: change,
        }),
      ),
    onSettled: async () => {
      await client.invalidateQueries({ queryKey: ranksKey(projectId) });
      onRenewed?.();
    },
  });
}

function counts(item: RankedItem | undefined): boolean | null {
  return item ? item.verdict !== 'veto' && item.setAside === null && item.labelledAs === null : null;
}
