/**
 * The progress of a job, as far as it is known: with several phases the bar is for the whole, and as full as the figure beside
 * it; without a total there is no bar. When nothing advances for a while, it says what the work waits for.
 */
import { Group, Progress, Text } from '@mantine/core';
import type { Job, JobProgress } from '../../main/api/contract.ts';
import { formatCount, formatDuration, formatPercent } from '../format.ts';
import { text } from '../text/en.ts';
import styles from './job-progress-bar.module.css';
import { shareDone } from './job-share.ts';

const words = text.training.job;

interface JobProgressBarProps {
  readonly job: Job;
  readonly progress: JobProgress;
}

export function JobProgressBar({ job, progress }: JobProgressBarProps) {
  const { done, total, label, model, unit, perSecond, secondsLeft, detail, whole } = progress;
  const running = job.state === 'running';
  const stalled = running && job.stall !== null;
  const share = shareDone(progress);
  const left = whole ? whole.secondsLeft : share === 1 ? null : secondsLeft;
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
        {share !== null && <Text size="sm">{whole ? words.ofAll(formatPercent(share)) : formatPercent(share)}</Text>}
        {running && !stalled && left !== null && <Text size="sm">{words.left(formatDuration(left))}</Text>}
        {model !== null && <Text size="sm">{model}</Text>}
        <Text size="sm">
          {(done > 0 || total !== null) && formatCount(done)}
          {total !== null && ` / ${formatCount(total)}`}
          {(done > 0 || total !== null) && unit !== 'devices' && ` ${words.units[unit]}`}
        </Text>
        {running && !stalled && perSecond !== null && unit !== 'devices' && (
          <Text size="sm">{words.rate(perSecond, words.units[unit])}</Text>
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
          {job.stall}
        </Text>
      )}
    </>
  );
}
