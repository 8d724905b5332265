/** The head of the ranks: the labelling, the one to compare with, K, and the zoom; one row from 1280 pixels on. */
import { Button, NativeSelect, NumberInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Writes } from '../../components/writing.tsx';
import { ZoomSlider } from '../../components/zoom-slider.tsx';
import { formatDate } from '../../format.ts';
import { text } from '../../text/en.ts';
import { useRanking } from './ranking-in-sight.ts';
import { useRanks, ZOOMS } from './ranks-store.ts';
import styles from './ranks-view.module.css';
import type { KLine } from './use-k-line.ts';

const words = text.ranks;

export function RanksHeader({ help }: { readonly help: ReactNode }) {
  const { projectId, ref, overview, line } = useRanking();
  const { besideRunId, tilePx, showLabelRun, showBeside, zoom } = useRanks((store) => store);
  const named = overview.labelRuns.map(({ runId, title, finishedAt }) => ({
    value: runId,
    label: `${title} · ${formatDate(finishedAt)}`,
  }));
  const others = named.filter(({ value }) => value !== ref.labelRunId);
  return (
    <header className={styles.bar}>
      <h1>{words.title}</h1>
      <NativeSelect
        size="xs"
        w={190}
        label={words.labelRun}
        title={named.find(({ value }) => value === ref.labelRunId)?.label}
        value={ref.labelRunId}
        onChange={({ currentTarget }) => showLabelRun(currentTarget.value)}
        data={named}
      />
      <NativeSelect
        size="xs"
        w={160}
        label={words.changes.compare}
        disabled={others.length === 0}
        value={besideRunId ?? ''}
        onChange={({ currentTarget }) => showBeside(currentTarget.value === '' ? null : currentTarget.value)}
        data={[{ value: '', label: others.length === 0 ? words.changes.only : words.changes.nothing }, ...others]}
      />
      <Writes>
        <NumberInput
          size="xs"
          w={150}
          label={words.k}
          min={1}
          value={line.k}
          allowDecimal={false}
          clampBehavior="blur"
          onBlur={({ currentTarget }) => keepTyped(currentTarget.value, line)}
          onKeyDown={({ key, currentTarget }) => key === 'Enter' && keepTyped(currentTarget.value, line)}
        />
      </Writes>
      <JumpToRank />
      <ZoomSlider zooms={ZOOMS} px={tilePx} onChange={zoom} inRow />
      <span className={styles.end}>
        {help}
        <Button size="xs" component={Link} href={`/projects/${projectId}/student`}>
          {words.train}
        </Button>
      </span>
    </header>
  );
}

function keepTyped(typed: string, line: KLine): void {
  const wanted = Number(typed.replaceAll(/\D/g, ''));
  if (wanted >= 1 && wanted !== line.k) line.keepK(wanted);
}

function JumpToRank() {
  const { total } = useRanking();
  const { jump, goTo } = useRanks((store) => store);
  return (
    <NumberInput
      ref={jump}
      size="xs"
      w={80}
      label={words.jump}
      min={1}
      max={Math.max(1, total)}
      allowDecimal={false}
      hideControls
      onKeyDown={({ key, currentTarget }) => {
        const rank = Number(currentTarget.value.replaceAll(/\D/g, ''));
        if (key === 'Enter' && rank >= 1) goTo(Math.min(rank, total) - 1);
      }}
    />
  );
}
