/** One labelling's rankings: the classes at the side, the chosen one's grid, and the panel of what is known. */
import { Button, NativeSelect, NumberInput, Slider } from '@mantine/core';
import { type KeyboardEvent, useRef, useState } from 'react';
import { Link } from 'wouter';
import type { Balance, DecisionKind, DecisionTarget, RanksOverview } from '../../../main/api/contract.ts';
import { FailureState, LoadingState } from '../../components/state-message.tsx';
import type { VirtualGridHandle } from '../../components/virtual-grid.tsx';
import { formatDate } from '../../format.ts';
import { text } from '../../text/en.ts';
import { ClassList } from './class-list.tsx';
import { DecisionBar } from './decision-bar.tsx';
import { RankPanel } from './rank-panel.tsx';
import { chooseRange, chosenCount, NOTHING_CHOSEN, type RankSelection } from './rank-selection.ts';
import { RankedGrid } from './ranked-grid.tsx';
import { useBalance, useCollectionSummary } from './ranks-queries.ts';
import styles from './ranks-view.module.css';
import { useDecide, useUndo } from './use-decisions.ts';
import { useKLine } from './use-k-line.ts';
import { useRankWindows } from './use-rank-windows.ts';

const words = text.ranks;
const ZOOMS = { min: 64, max: 240, step: 16, usual: 112 } as const;

interface ClassRanksProps {
  readonly projectId: string;
  readonly labelRunId: string;
  readonly overview: RanksOverview;
  readonly onLabelRun: (runId: string) => void;
}

export function ClassRanks(props: ClassRanksProps) {
  const { projectId, labelRunId } = props;
  const balance = useBalance({ projectId, labelRunId }, {});
  const [chosen, setChosen] = useState<number | null>(null);
  const classId = chosen ?? balance.data?.classes[0]?.classId;
  if (balance.error) return <FailureState error={balance.error} retry={() => balance.refetch()} />;
  if (!balance.data || classId === undefined) return <LoadingState />;
  return <OneClass key={classId} {...props} balance={balance.data} classId={classId} onClass={setChosen} />;
}

interface OneClassProps extends ClassRanksProps {
  readonly balance: Balance;
  readonly classId: number;
  readonly onClass: (classId: number) => void;
}

function OneClass(props: OneClassProps) {
  const { projectId, labelRunId, overview, balance, classId } = props;
  const ref = { projectId, labelRunId, classId };
  const windows = useRankWindows(ref);
  const own = balance.classes.find((entry) => entry.classId === classId);
  const total = windows.head?.total ?? own?.candidates ?? 0;
  const line = useKLine(projectId, {
    k: balance.settings.k,
    kept: own?.kept ?? 0,
    cutRank: windows.head?.cutRank ?? 0,
    total,
    itemAt: windows.itemAt,
  });
  const ahead = useBalance({ projectId, labelRunId }, line.ahead);
  const classes = (ahead.data ?? balance).classes;
  const [active, setActive] = useState(0);
  const [selection, setSelection] = useState<RankSelection>(NOTHING_CHOSEN);
  const [tilePx, setTilePx] = useState<number>(ZOOMS.usual);
  const grid = useRef<VirtualGridHandle | null>(null);
  const { data: collection } = useCollectionSummary(projectId);
  const decide = useDecide(ref);
  const { undo, redo } = useUndo(projectId);
  const nameOf = (id: number) => collection?.classes.find((entry) => entry.id === id)?.name ?? '';

  /** The chosen tiles, or else the active one. */
  const targets = (): DecisionTarget[] => {
    const ranges = chosenCount(selection) > 0 ? selection.ranges : [{ first: active, last: active }];
    return ranges.map(({ first, last }) => ({
      kind: 'ranks',
      labelRunId,
      classId,
      firstRank: first + 1,
      lastRank: last + 1,
    }));
  };
  const act = (decision: DecisionKind, about = classId) =>
    decide.mutate({ decision, classId: about, targets: targets() });
  const onTileKey = (event: KeyboardEvent): boolean => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'z') {
      (event.shiftKey ? redo : undo).mutate();
      return true;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    const labelled = collection?.classes.find(({ key }) => key === event.key);
    const decisions: Readonly<Record<string, DecisionKind>> = { x: 'veto', p: 'pin', c: 'clearVerdict' };
    const decision = decisions[event.key];
    if (labelled) act('label', labelled.id);
    else if (decision) act(decision);
    else return false;
    return true;
  };

  return (
    <div className={styles.screen}>
      <header className={styles.bar}>
        <h1>{words.title}</h1>
        <NativeSelect
          label={words.labelRun}
          value={labelRunId}
          onChange={({ currentTarget }) => props.onLabelRun(currentTarget.value)}
          data={overview.labelRuns.map(({ runId, title, finishedAt }) => ({
            value: runId,
            label: `${title} · ${formatDate(finishedAt)}`,
          }))}
        />
        <NumberInput
          w={150}
          label={words.k}
          min={1}
          value={line.k}
          allowDecimal={false}
          clampBehavior="blur"
          onBlur={({ currentTarget }) => keepTyped(currentTarget.value, line.k, line.keepK)}
          onKeyDown={({ key, currentTarget }) => key === 'Enter' && keepTyped(currentTarget.value, line.k, line.keepK)}
        />
        {overview.suggestedK !== line.k && (
          <Button variant="default" title={overview.suggestedBecause} onClick={() => line.keepK(overview.suggestedK)}>
            {words.takeSuggested(overview.suggestedK)}
          </Button>
        )}
        <JumpToRank total={total} onJump={(index) => goTo(grid.current, index, setActive)} />
        <Button variant="default" onClick={() => goTo(grid.current, Math.max(0, line.cutRank - 1), setActive)}>
          {words.jumpLine}
        </Button>
        <Slider
          w={120}
          mb={8}
          thumbLabel={words.zoom}
          label={null}
          min={ZOOMS.min}
          max={ZOOMS.max}
          step={ZOOMS.step}
          value={tilePx}
          onChange={setTilePx}
        />
        <Button component={Link} href={`/projects/${projectId}/student`} ml="auto">
          {words.train}
        </Button>
      </header>
      <ClassList classes={classes} k={line.k} chosen={classId} onChoose={props.onClass} />
      <div className={styles.middle}>
        <DecisionBar
          projectId={projectId}
          chosen={chosenCount(selection)}
          classes={collection?.classes ?? []}
          onAct={act}
          onAll={() => setSelection(chooseRange(0, line.cutRank - 1))}
          onNone={() => setSelection(NOTHING_CHOSEN)}
          undo={() => undo.mutate()}
          redo={() => redo.mutate()}
        />
        {(windows.error ?? decide.error ?? line.error) && (
          <FailureState error={(windows.error ?? decide.error ?? line.error) as Error} />
        )}
        <div className={styles.grid}>
          <RankedGrid
            projectId={projectId}
            name={own?.name ?? ''}
            total={total}
            tilePx={tilePx}
            windows={windows}
            line={line}
            scoreAtCut={own?.scoreAtCut ?? null}
            className={nameOf}
            active={active}
            onActive={setActive}
            selection={selection}
            onSelection={setSelection}
            onOpen={setActive}
            onTileKey={onTileKey}
            grid={grid}
          />
        </div>
      </div>
      <RankPanel
        ranking={ref}
        name={own?.name ?? ''}
        line={line}
        imageId={windows.itemAt(active)?.imageId ?? null}
        nameOf={nameOf}
        onClass={props.onClass}
      />
    </div>
  );
}

function keepTyped(typed: string, k: number, keep: (k: number) => void): void {
  const wanted = Number(typed.replaceAll(/\D/g, ''));
  if (wanted >= 1 && wanted !== k) keep(wanted);
}

function goTo(grid: VirtualGridHandle | null, index: number, setActive: (index: number) => void): void {
  setActive(index);
  grid?.scrollToIndex(index, 'center');
  grid?.focus();
}

function JumpToRank({ total, onJump }: { readonly total: number; readonly onJump: (index: number) => void }) {
  return (
    <NumberInput
      w={130}
      label={words.jump}
      min={1}
      max={Math.max(1, total)}
      allowDecimal={false}
      hideControls
      onKeyDown={({ key, currentTarget }) => {
        const rank = Number(currentTarget.value.replaceAll(/\D/g, ''));
        if (key === 'Enter' && rank >= 1) onJump(Math.min(rank, total) - 1);
      }}
    />
  );
}
