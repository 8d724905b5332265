/** Precision at K so far: the estimate with its interval, and each tenth of the ranks. */
import { Group, Stack, Text, Tooltip } from '@mantine/core';
import { type ClassRankingRef, usePrecision } from '../../queries/ranks-queries.ts';
import { text } from '../../text/en.ts';
import styles from './spot-check-estimate.module.css';

const words = text.ranks.spot;

export function SpotCheckEstimate({ ranking }: { readonly ranking: ClassRankingRef }) {
  const { data } = usePrecision(ranking);
  if (!data) return null;
  const { precision, interval, checked, parts } = data;
  return (
    <Stack gap={6}>
      <Text fw={600} role="status">
        {precision === null || interval === null
          ? words.noEstimate
          : words.estimate(precision, interval[0], interval[1], checked)}
      </Text>
      {precision !== null && interval !== null && (
        <div className={styles.scale} aria-hidden>
          <span
            className={styles.interval}
            style={{ insetInlineStart: `${100 * interval[0]}%`, inlineSize: `${100 * (interval[1] - interval[0])}%` }}
          />
          <span className={styles.mark} style={{ insetInlineStart: `${100 * precision}%` }} />
        </div>
      )}
      <Text size="xs" c="dimmed">
        {words.parts}
      </Text>
      <Group gap={4} grow wrap="nowrap" component="ul" className={styles.parts ?? ''}>
        {parts.map(({ firstRank, lastRank, correct, checked: looked }) => {
          const label = words.part(firstRank, lastRank, correct, looked);
          return (
            <Tooltip key={firstRank} label={label}>
              <li className={styles.part} aria-label={label}>
                <span
                  className={styles.right}
                  style={{ blockSize: `${looked === 0 ? 0 : (100 * correct) / looked}%` }}
                />
                <span className={styles.count}>{looked === 0 ? '–' : `${correct}/${looked}`}</span>
              </li>
            </Tooltip>
          );
        })}
      </Group>
    </Stack>
  );
}
