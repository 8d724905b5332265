/**
 * How far a job is, of what is known: the bar is as full as the figure beside it says; without a total it has none. Without a
 * step for a while it says so instead of a time that is left.
 */
import { Group, Progress, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { Job, JobProgress } from '../../main/api/contract.ts';
import { formatCount, formatDuration, formatPercent } from '../format.ts';
import { text } from '../text/en.ts';
import styles from './job-progress-bar.module.css';

const words = text.training.job;
/** Without a step for so long, a person wonders. */
const STALLED_MS = 20_000;

interface JobProgressBarProps {
  readonly job: Job;
  readonly progress: JobProgress;
}

export function JobProgressBar({ job, progress }: JobProgressBarProps) {
  const { done, total, label, unit, perSecond, secondsLeft, detail } = progress;
  const running = job.state === 'running';
  const stalled = useStalled(running, `${label} ${done}`);
  const share = total === null || total === 0 ? null : Math.min(1, done / total);
  const atEnd = share === 1;
  return (
    <>
      {share === null ? (
        running && <div className={styles.unknown} role="progressbar" aria-label={label} />
      ) : (
        <Progress.Root size="lg">
          <Progress.Section
            value={100 * share}
            color={running ? 'var(--ink)' : 'gray'}
            aria-label={label}
            aria-valuetext={formatPercent(share)}
          />
        </Progress.Root>
      )}
      <Group gap="lg" style={{ fontVariantNumeric: 'tabular-nums' }}>
        <Text size="sm">
          {(done > 0 || total !== null) && formatCount(done)}
          {total !== null && ` / ${formatCount(total)}`}
          {total === null && done > 0 && unit !== 'devices' && ` ${words.units[unit]}`}
          {share !== null && ` · ${formatPercent(share)}`}
        </Text>
        {running && !stalled && perSecond !== null && unit !== 'devices' && (
          <Text size="sm">{words.rate(perSecond, words.units[unit])}</Text>
        )}
        {running && !stalled && !atEnd && secondsLeft !== null && (
          <Text size="sm">{words.left(formatDuration(secondsLeft))}</Text>
        )}
        {job.device && <Text size="sm">{words.device(job.device)}</Text>}
        {detail && (
          <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
            {detail}
          </Text>
        )}
      </Group>
      {stalled && (
        <Text size="sm" role="status">
          {atEnd ? words.finishing(label) : words.stalled(label)}
        </Text>
      )}
    </>
  );
}

/** Whether nothing of this has changed for a while. */
function useStalled(running: boolean, step: string): boolean {
  const [stalledAt, setStalledAt] = useState<string | null>(null);
  useEffect(() => {
    if (!running) return undefined;
    const timer = setTimeout(() => setStalledAt(step), STALLED_MS);
    return () => clearTimeout(timer);
  }, [running, step]);
  return running && stalledAt === step;
}
