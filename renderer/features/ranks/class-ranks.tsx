/** One labelling's rankings: the classes at the side, the chosen one's grid, and the details panel. */
import { useDisclosure } from '@mantine/hooks';
import type { Balance, DecisionKind, DecisionTarget, LabelRunInfo, RanksOverview } from '../../../main/api/contract.ts';
import { chooseRange, onlyAt, type RankSelection } from '../../acts/rank-selection.ts';
import { useActKeys } from '../../acts/use-act-keys.ts';
import { withKeys } from '../../classes/class-keys.ts';
import { KeysHelp } from '../../components/keys-help.tsx';
import { FailureState, LoadingState } from '../../components/state-message.tsx';
import { useCollection } from '../../queries/collection-queries.ts';
import { useDecide, useDecisionHistory, useUndo } from '../../queries/decision-queries.ts';
import { type ClassRankingRef, useBalance, usePrecisions } from '../../queries/ranks-queries.ts';
import { ClassList } from './class-list.tsx';
import { byPrecision } from './class-precision.ts';
import { DecisionBar } from './decision-bar.tsx';
import { PrecisionHeadline } from './precision-headline.tsx';
import { RANK_KEYS, type RankActs, rankActs } from './rank-acts.ts';
import { RankPanel } from './rank-panel.tsx';
import { RankedGrid } from './ranked-grid.tsx';
import { RankingProvider, useRanking } from './ranking-in-sight.ts';
import { RanksHeader } from './ranks-header.tsx';
import { useRanks } from './ranks-store.ts';
import styles from './ranks-view.module.css';
import { SpotCheck } from './spot-check.tsx';
import { useKLine } from './use-k-line.ts';
import { useRankWindows } from './use-rank-windows.ts';

interface ClassRanksProps {
  readonly projectId: string;
  readonly labelRun: LabelRunInfo;
  readonly overview: RanksOverview;
}

export function ClassRanks(props: ClassRanksProps) {
  const { projectId, labelRun } = props;
  const balance = useBalance({ projectId, labelRunId: labelRun.runId }, {});
  const chosen = useRanks((store) => store.classId);
  const classId = chosen ?? balance.data?.classes[0]?.classId;
  if (balance.error) return <FailureState error={balance.error} retry={() => balance.refetch()} />;
  if (!balance.data || classId === undefined) return <LoadingState />;
  return <OneClass key={classId} {...props} balance={balance.data} classId={classId} />;
}

interface OneClassProps extends ClassRanksProps {
  readonly balance: Balance;
  readonly classId: number;
}

function OneClass({ projectId, labelRun, classId, overview, balance }: OneClassProps) {
  const labelRunId = labelRun.runId;
  const ref = { projectId, labelRunId, classId };
  const windows = useRankWindows(
    ref,
    useRanks((store) => store.besideRunId),
  );
  const own = balance.classes.find((entry) => entry.classId === classId);
  const total = windows.head?.total ?? own?.candidates ?? 0;
  const line = useKLine(projectId, {
    k: balance.settings.k,
    kept: own?.kept ?? 0,
    cutRank: windows.head?.cutRank ?? 0,
    total,
    itemAt: windows.itemAt,
  });
  const ahead = useBalance({ projectId, labelRunId }, line.ahead).data ?? balance;
  const classes = useCollection(projectId).data?.classes ?? [];
  const nameOf = (id: number) => classes.find((entry) => entry.id === id)?.name ?? '';
  return (
    <RankingProvider
      value={{ projectId, ref, overview, labelRun, balance: ahead, own, total, windows, line, classes, nameOf }}
    >
      <Screen />
    </RankingProvider>
  );
}

function Screen() {
  const { projectId, ref, balance, windows, line } = useRanking();
  const precisions = usePrecisions(ref).data ?? [];
  const ordered = byPrecision(balance.classes, precisions);
  const standing = ordered.find(({ classId }) => classId === ref.classId);
  const [checking, { open: spotCheck, close: endSpotCheck }] = useDisclosure(false);
  const showClass = useRanks((store) => store.showClass);
  const { acts, error } = useRankActs({
    spotCheck,
    stepClass: (by) => {
      const next = ordered[ordered.findIndex(({ classId }) => classId === ref.classId) + by];
      if (next) showClass(next.classId);
    },
  });
  const failure = windows.error ?? line.error ?? error;
  return (
    <div className={styles.screen}>
      <RanksHeader help={<KeysHelp groups={acts.groups} />} />
      <ClassList classes={ordered} k={line.k} chosen={ref.classId} onChoose={showClass} />
      <div className={styles.middle}>
        {standing && <PrecisionHeadline projectId={projectId} standing={standing} />}
        <DecisionBar acts={acts} />
        {failure && <FailureState error={failure} />}
        <div className={styles.grid}>
          <RankedGrid />
        </div>
      </div>
      <RankPanel spotCheck={acts.spotCheck} />
      <SpotCheck opened={checking} onClose={endSpotCheck} />
    </div>
  );
}

interface Elsewhere {
  spotCheck(): void;
  stepClass(by: number): void;
}

/** The screen's acts, whose keys it listens to, and its last failure. */
function useRankActs(elsewhere: Elsewhere): { readonly acts: RankActs; readonly error: Error | null } {
  const { projectId, ref, total, line, classes } = useRanking();
  const store = useRanks((all) => all);
  const { selection, grid, jump, select, goTo } = store;
  const decide = useDecide(ref);
  const { undo, redo } = useUndo(projectId);
  const { data: history } = useDecisionHistory(projectId);
  const acts = rankActs({
    ...elsewhere,
    classes: withKeys(classes, RANK_KEYS),
    // An image that is viewed beside the ranking is not the one with the ring.
    total: store.elsewhere === null ? total : 0,
    history,
    decide: (decision: DecisionKind, label: string, about = ref.classId) => {
      decide.mutate({ decision, classId: about, target: targetOf(ref, selection), label });
    },
    next: () => {
      const next = Math.min(Math.max(...selection.ranges.map(({ last }) => last)) + 1, Math.max(0, total - 1));
      select(onlyAt(next));
      grid.current?.scrollToIndex(next, 'nearest');
    },
    undo: () => undo.mutate(),
    redo: () => redo.mutate(),
    toLine: () => goTo(Math.max(0, line.cutRank - 1)),
    jump: () => jump.current?.focus(),
    chooseAbove: () => select(chooseRange(selection, 0, line.cutRank - 1)),
    chooseNone: () => select(onlyAt(selection.active)),
  });
  useActKeys(acts.all);
  return { acts, error: decide.error ?? undo.error ?? redo.error };
}

/** The chosen ranks: one act, however many ranges they are. */
function targetOf({ labelRunId, classId }: ClassRankingRef, { ranges }: RankSelection): DecisionTarget {
  const [first, ...further] = ranges.map(({ first, last }) => ({ firstRank: first + 1, lastRank: last + 1 }));
  if (!first) throw new Error('a selection has no range');
  return { kind: 'ranks', labelRunId, classId, ...first, ...(further.length > 0 ? { further } : {}) };
}
