/** The head of the ranks: by whom, beside whom, how many, how large; one row from 1280 pixels on. */
import { Button, NativeSelect, NumberInput } from '@mantine/core';
import type { ReactNode, RefObject } from 'react';
import { Link } from 'wouter';
import type { RanksOverview } from '../../../main/api/contract.ts';
import { Writes } from '../../components/writing.tsx';
import { ZoomSlider } from '../../components/zoom-slider.tsx';
import { formatDate } from '../../format.ts';
import { text } from '../../text/en.ts';
import styles from './ranks-view.module.css';
import type { KLine } from './use-k-line.ts';

const words = text.ranks;
export const ZOOMS = { min: 64, max: 240, step: 16, usual: 112 } as const;

interface RanksHeaderProps {
  readonly projectId: string;
  readonly labelRunId: string;
  readonly besideRunId: string | null;
  readonly overview: RanksOverview;
  readonly onLabelRun: (runId: string) => void;
  readonly onBeside: (runId: string | null) => void;
  readonly line: KLine;
  readonly total: number;
  readonly tilePx: number;
  readonly onTilePx: (px: number) => void;
  readonly onJump: (index: number) => void;
  /** Where the rank to go to is typed. */
  readonly jump: RefObject<HTMLInputElement | null>;
  readonly help: ReactNode;
}

export function RanksHeader(props: RanksHeaderProps) {
  const { line, overview, labelRunId, besideRunId } = props;
  const named = overview.labelRuns.map(({ runId, title, finishedAt }) => ({
    value: runId,
    label: `${title} · ${formatDate(finishedAt)}`,
  }));
  const others = named.filter(({ value }) => value !== labelRunId);
  return (
    <header className={styles.bar}>
      <h1>{words.title}</h1>
      <NativeSelect
        size="xs"
        w={190}
        label={words.labelRun}
        title={named.find(({ value }) => value === labelRunId)?.label}
        value={labelRunId}
        onChange={({ currentTarget }) => props.onLabelRun(currentTarget.value)}
        data={named}
      />
      <NativeSelect
        size="xs"
        w={160}
        label={words.changes.compare}
        disabled={others.length === 0}
        value={besideRunId ?? ''}
        onChange={({ currentTarget }) => props.onBeside(currentTarget.value === '' ? null : currentTarget.value)}
        data={[{ value: '', label: others.length === 0 ? words.changes.only : words.changes.nothing }, ...others]}
      />
      <Writes>
        <NumberInput
          size="xs"
          w={128}
          label={words.k}
          min={1}
          value={line.k}
          allowDecimal={false}
          clampBehavior="blur"
          onBlur={({ currentTarget }) => keepTyped(currentTarget.value, line)}
          onKeyDown={({ key, currentTarget }) => key === 'Enter' && keepTyped(currentTarget.value, line)}
        />
      </Writes>
      <JumpToRank total={props.total} onJump={props.onJump} jump={props.jump} />
      <ZoomSlider zooms={ZOOMS} px={props.tilePx} onChange={props.onTilePx} inRow />
      <span className={styles.end}>
        {props.help}
        <Button size="xs" component={Link} href={`/projects/${props.projectId}/student`}>
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

function JumpToRank({ total, onJump, jump }: Pick<RanksHeaderProps, 'total' | 'onJump' | 'jump'>) {
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
        if (key === 'Enter' && rank >= 1) onJump(Math.min(rank, total) - 1);
      }}
    />
  );
}
