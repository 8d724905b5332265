/** One labelling's rankings: the classes at the side, the chosen one's grid, and the panel of what is known. */
import { useDisclosure } from '@mantine/hooks';
import { useRef, useState } from 'react';
import type { Balance, DecisionKind, DecisionTarget, RanksOverview } from '../../../main/api/contract.ts';
import { withKeys } from '../../class-keys.ts';
import { KeysHelp } from '../../components/keys-help.tsx';
import { FailureState, LoadingState } from '../../components/state-message.tsx';
import type { VirtualGridHandle } from '../../components/virtual-grid.tsx';
import { ClassList } from './class-list.tsx';
import { DecisionBar } from './decision-bar.tsx';
import { type PanelTab, RankPanel } from './rank-panel.tsx';
import { chooseRange, chosenCount, NOTHING_CHOSEN, type RankSelection } from './rank-selection.ts';
import { RankedGrid } from './ranked-grid.tsx';
import { RanksHeader, ZOOMS } from './ranks-header.tsx';
import { useBalance, useCollectionSummary } from './ranks-queries.ts';
import styles from './ranks-view.module.css';
import { SpotCheck } from './spot-check.tsx';
import { useDecide, useUndo } from './use-decisions.ts';
import { useKLine } from './use-k-line.ts';
import { RANK_KEYS, rankKeyGroups, useRankKeys } from './use-rank-keys.ts';
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
  const [active, setActive] = useState(0);
  const [elsewhere, setElsewhere] = useState<number | null>(null);
  const [selection, setSelection] = useState<RankSelection>(NOTHING_CHOSEN);
  const [checking, { open: spotCheck, close: endSpotCheck }] = useDisclosure(false);
  const grid = useRef<VirtualGridHandle | null>(null);
  const { data: collection } = useCollectionSummary(projectId);
  const classes = withKeys(collection?.classes ?? [], RANK_KEYS);
  const decide = useDecide(ref);
  const { undo, redo } = useUndo(projectId);
  const nameOf = (id: number) => classes.find((entry) => entry.id === id)?.name ?? '';

  const activate = (index: number) => {
    setActive(index);
    setElsewhere(null);
  };
  const goTo = (index: number) => {
    activate(index);
    grid.current?.scrollToIndex(index, 'center');
    grid.current?.focus();
  };
  const act = (decision: DecisionKind, about = classId) => {
    // The chosen tiles, or else the active one.
    const ranges = chosenCount(selection) > 0 ? selection.ranges : [{ first: active, last: active }];
    const targets = ranges.map(
      ({ first, last }): DecisionTarget => ({
        kind: 'ranks',
        labelRunId,
        classId,
        firstRank: first + 1,
        lastRank: last + 1,
      }),
    );
    decide.mutate({ decision, classId: about, targets });
  };
  const onTileKey = useRankKeys({
    classes,
    decide: act,
    undo: () => undo.mutate(),
    redo: () => redo.mutate(),
    toLine: () => goTo(Math.max(0, line.cutRank - 1)),
    chooseAbove: () => setSelection(chooseRange(0, line.cutRank - 1)),
    chooseNone: () => setSelection(NOTHING_CHOSEN),
    stepClass: (by) => {
      const at = balance.classes.findIndex((entry) => entry.classId === classId);
      const next = balance.classes[at + by];
      if (next) props.onClass(next.classId);
    },
    spotCheck,
  });
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
        help={<KeysHelp groups={rankKeyGroups(classes)} />}
      />
      <ClassList classes={ahead.classes} k={line.k} chosen={classId} onChoose={props.onClass} />
      <div className={styles.middle}>
        <DecisionBar
          projectId={projectId}
          chosen={chosenCount(selection)}
          total={total}
          cutRank={line.cutRank}
          classes={classes}
          onAct={act}
          onChoose={(first, last) => setSelection(chooseRange(first, last))}
          undo={() => undo.mutate()}
          redo={() => redo.mutate()}
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
            scoreAtCut={own?.scoreAtCut ?? null}
            className={nameOf}
            active={active}
            onActive={activate}
            selection={selection}
            onSelection={setSelection}
            onOpen={(index) => {
              activate(index);
              onLook({ tab: 'image' });
            }}
            onTileKey={onTileKey}
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
        imageId={elsewhere ?? windows.itemAt(active)?.imageId ?? null}
        nameOf={nameOf}
        onClass={props.onClass}
        onSpotCheck={spotCheck}
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
