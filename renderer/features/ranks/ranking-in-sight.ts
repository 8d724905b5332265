/** The ranking of the displayed class, as the workbench knows it, for every part of the screen. */
import { createContext, useContext } from 'react';
import type { Balance, ClassBalance, ClassInfo, LabelRunInfo, RanksOverview } from '../../../main/api/contract.ts';
import type { ClassRankingRef } from '../../queries/ranks-queries.ts';
import type { KLine } from './use-k-line.ts';
import type { RankWindows } from './use-rank-windows.ts';

export interface RankingInSight {
  readonly projectId: string;
  readonly ref: ClassRankingRef;
  readonly overview: RanksOverview;
  readonly labelRun: LabelRunInfo;
  /** A preview while the line moves. */
  readonly balance: Balance;
  /** Undefined if the class is not among the ranked ones. */
  readonly own: ClassBalance | undefined;
  readonly total: number;
  readonly windows: RankWindows;
  readonly line: KLine;
  readonly classes: readonly ClassInfo[];
  nameOf(classId: number): string;
}

const Context = createContext<RankingInSight | null>(null);
export const RankingProvider = Context.Provider;

export function useRanking(): RankingInSight {
  const ranking = useContext(Context);
  if (!ranking) throw new Error('no ranking is open');
  return ranking;
}
