/** One labelling's rankings: the classes at the side, the chosen one's grid, and the panel of what is known. */
import { useDisclosure } from '@mantine/hooks';
import { useRef, useState } from 'react';
import type { Balance, DecisionKind, DecisionTarget, RanksOverview } from '../../../main/api/contract.ts';
import { chooseRange, chosenCount, FIRST_CHOSEN, onlyAt, type RankSelection } from '../../acts/rank-selection.ts';
import { useActKeys } from '../../acts/use-act-keys.ts';
import { withKeys } from '../../classes/class-keys.ts';
import { KeysHelp } from '../../components/keys-help.tsx';
import { FailureState, LoadingState } from '../../components/state-message.tsx';
import type { VirtualGridHandle } from '../../components/virtual-grid.tsx';
import { useCollection } from '../../queries/collection-queries.ts';
import { useDecide, useDecisionHistory, useUndo } from '../../queries/decision-queries.ts';
import { type ClassRankingRef, useBalance, usePrecisions } from '../../queries/ranks-queries.ts';
import { ClassList } from './class-list.tsx';
import { byPrecision } from './class-precision.ts';
import { DecisionBar } from './decision-bar.tsx';
import { PrecisionHeadline } from './precision-headline.tsx';
import { RANK_KEYS, rankActs } from './rank-acts.ts';
import { type PanelTab, RankPanel } from './rank-panel.tsx';
import { scoreText } from './rank-tile.tsx';
import { RankedGrid } from './ranked-grid.tsx';
import { RanksHeader, ZOOMS } from './ranks-header.tsx';
import styles from './ranks-view.module.css';
import { SpotCheck } from './spot-check.tsx';
import { useKLine } from './use-k-line.ts';
import { useRankWindows } from './use-rank-windows.ts';

interface ClassRanksProps {
  readonly projectId: string;
  readonly labelRunId: string;
  readonly overview: RanksOverview;
  readonly onLabelRun: (runId: string) => void;
}

/** What stays as it is when another class is looked at. */
interface Look {
  readonly besideRunId: string | null;
  readonly tilePx: number;
  readonly tab: PanelTab;
}

export function ClassRanks(props: ClassRanksProps) {
  const { projectId, labelRunId } = props;
  const balance = useBalance({ projectId, labelRunId }, {});
  const [chosen, setChosen] = useState<number | null>(null);
  const [look, setLook] = useState<Look>({ besideRunId: null, tilePx: ZOOMS.usual, tab: 'image' });
  const classId = chosen ?? balance.data?.classes[0]?.classId;
  if (balance.error) return <FailureState error={balance.error} retry={() => balance.refetch()} />;
  if (!balance.data || classId === undefined) return <LoadingState />;
  return (
    <OneClass
      key={classId}
      {...props}
      balance={balance.data}
      classId={classId}
      onClass={setChosen}
      look={look}
      onLook={(change) => setLook((before) => ({ ...before, ...change }))}
    />
  );
}

interface OneClassProps extends ClassRanksProps {
  readonly balance: Balance;
  readonly classId: number;
  readonly onClass: (classId: number) => void;
  readonly look: Look;
  readonly onLook: (change: Partial<Look>) => void;
}

function OneClass(props: OneClassProps) {
  const { projectId, labelRunId, overview, balance, classId, look, onLook } = props;
  const { besideRunId, tilePx } = look;
  const ref = { projectId, labelRunId, classId };
  const windows = useRankWindows(ref, besideRunId);
  const own = balance.classes.find((entry) => entry.classId === classId);
  const name = own?.name ?? '';
  const total = windows.head?.total ?? own?.candidates ?? 0;
  const line = useKLine(projectId, {
    k: balance.settings.k,
    kept: own?.kept ?? 0,
    cutRank: windows.head?.cutRank ?? 0,
    total,
    itemAt: windows.itemAt,
  });
  const ahead = useBalance({ projectId, labelRunId }, line.ahead).data ?? balance;
  const precisions = usePrecisions({ projectId, labelRunId }).data ?? [];
  const ordered = byPrecision(ahead.classes, precisions);
  const standing = ordered.find((entry) => entry.classId === classId);
  /** Of the changes, not ranked here: looked at until another image is chosen. */
  const [elsewhere, setElsewhere] = useState<number | null>(null);
  const [selection, setSelection] = useState<RankSelection>(FIRST_CHOSEN);
  const [checking, { open: spotCheck, close: endSpotCheck }] = useDisclosure(false);
  const grid = useRef<VirtualGridHandle | null>(null);
  const jump = useRef<HTMLInputElement>(null);
  const { data: collection } = useCollection(projectId);
  const classes = withKeys(collection?.classes ?? [], RANK_KEYS);
  const decide = useDecide(ref);
  const { undo, redo } = useUndo(projectId);
  const { data: history } = useDecisionHistory(projectId);
  const nameOf = (id: number) => classes.find((entry) => entry.id === id)?.name ?? '';

  const select = (next: RankSelection) => {
    setSelection(next);
    setElsewhere(null);
  };
  const goTo = (index: number) => {
    select(onlyAt(index));
    grid.current?.scrollToIndex(index, 'center');
    grid.current?.focus();
  };
  const acts = rankActs({
    classes,
    // An image that is looked at beside the ranking is not the one that the ring is on.
    total: elsewhere === null ? total : 0,
    history,
    decide: (decision: DecisionKind, label: string, about = classId) => {
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
    stepClass: (by) => {
      const at = ordered.findIndex((entry) => entry.classId === classId);
      const next = ordered[at + by];
      if (next) props.onClass(next.classId);
    },
    spotCheck,
  });
  useActKeys(acts.all);
  const error = windows.error ?? decide.error ?? line.error ?? undo.error ?? redo.error;

  return (
    <div className={styles.screen}>
      <RanksHeader
        projectId={projectId}
        labelRunId={labelRunId}
        besideRunId={besideRunId}
        overview={overview}
        onLabelRun={props.onLabelRun}
        onBeside={(runId) => onLook({ besideRunId: runId, tab: runId === null ? 'image' : 'changes' })}
        line={line}
        total={total}
        tilePx={tilePx}
        onTilePx={(px) => onLook({ tilePx: px })}
        onJump={goTo}
        jump={jump}
        help={<KeysHelp groups={acts.groups} />}
      />
      <ClassList classes={ordered} k={line.k} chosen={classId} onChoose={props.onClass} />
      <div className={styles.middle}>
        {standing && <PrecisionHeadline projectId={projectId} standing={standing} />}
        <DecisionBar
          acts={acts}
          chosen={chosenCount(selection)}
          total={total}
          cutRank={line.cutRank}
          onChoose={(first, last) => select(chooseRange(selection, first, last))}
        />
        {error && <FailureState error={error} />}
        <div className={styles.grid}>
          <RankedGrid
            projectId={projectId}
            name={name}
            total={total}
            tilePx={tilePx}
            beside={besideRunId !== null}
            windows={windows}
            line={line}
            scoreAtCut={own ? scoreText(own.scoreAtCut, own.calibratedAtCut) : ''}
            className={nameOf}
            selection={selection}
            onSelection={select}
            onOpen={() => onLook({ tab: 'image' })}
            grid={grid}
          />
        </div>
      </div>
      <RankPanel
        ranking={ref}
        name={name}
        line={line}
        overview={overview}
        balance={ahead}
        besideRunId={besideRunId}
        tab={look.tab}
        onTab={(tab) => onLook({ tab })}
        imageId={elsewhere ?? windows.itemAt(selection.active)?.imageId ?? null}
        rank={elsewhere === null && total > 0 ? selection.active + 1 : null}
        chosen={chosenCount(selection)}
        nameOf={nameOf}
        onClass={props.onClass}
        spotCheck={acts.spotCheck}
        onImage={(imageId, rank) => {
          if (rank !== null) goTo(rank - 1);
          else setElsewhere(imageId);
          if (rank === null) onLook({ tab: 'image' });
        }}
      />
      <SpotCheck
        ranking={ref}
        name={name}
        classes={collection?.classes ?? []}
        opened={checking}
        onClose={endSpotCheck}
      />
    </div>
  );
}

/** The chosen ranks: one act, however many ranges they are. */
function targetOf({ labelRunId, classId }: ClassRankingRef, { ranges }: RankSelection): DecisionTarget {
  const [first, ...further] = ranges.map(({ first, last }) => ({ firstRank: first + 1, lastRank: last + 1 }));
  if (!first) throw new Error('a selection has no range');
  return { kind: 'ranks', labelRunId, classId, ...first, ...(further.length > 0 ? { further } : {}) };
}
