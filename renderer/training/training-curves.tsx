/** Loss, training top-1 and learning rate of some runs over each other. */
import { SimpleGrid, Skeleton, Stack } from '@mantine/core';
import { useMemo } from 'react';
import type { RunInfo } from '../../main/api/contract.ts';
import { formatPercent } from '../format.ts';
import { text } from '../text/en.ts';
import { type Line, type Measure, measured, type Tone } from './curve-data.ts';
import { type Curves, useCurves } from './curve-queries.ts';
import { LineChart, LineKeys } from './line-chart.tsx';
import type { Mark } from './line-plot.ts';

export interface DrawnRun {
  readonly run: RunInfo;
  readonly name: string;
  readonly tone: Tone;
  readonly dash: readonly number[];
  /** The run whose end is this one's beginning on the axis: fine-tuning after pre-training. */
  readonly after?: string;
}

const rate = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 3 });
const loss = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 3 });

const CHARTS: readonly { readonly measure: Measure; readonly format: (value: number) => string }[] = [
  { measure: 'loss', format: loss.format },
  { measure: 'top1', format: formatPercent },
  { measure: 'learningRate', format: rate.format },
];

export function TrainingCurves({
  projectId,
  drawn,
}: {
  readonly projectId: string;
  readonly drawn: readonly DrawnRun[];
}) {
  const words = text.training.curves;
  const { curves, loading } = useCurves(
    projectId,
    drawn.map(({ run }) => run.id),
  );
  const charts = useMemo(
    () => CHARTS.map((chart) => ({ ...chart, lines: linesOf(drawn, curves, chart.measure) })),
    [drawn, curves],
  );
  const marks = useMemo(() => marksOf(drawn, curves), [drawn, curves]);
  if (loading && Object.keys(curves).length === 0)
    return <Skeleton height={260} role="status" aria-label={words.loading} />;
  const running = drawn.some(({ run }) => run.state === 'running');
  return (
    <Stack gap="sm">
      <LineKeys lines={charts[0]?.lines ?? []} />
      <SimpleGrid cols={{ base: 1, sm: 2, xl: 3 }} spacing="xl">
        {charts.map(({ measure, format, lines }) => (
          <LineChart
            key={measure}
            title={words[measure]}
            lines={lines}
            marks={marks}
            format={format}
            waiting={running ? words.waiting : words.none}
          />
        ))}
      </SimpleGrid>
    </Stack>
  );
}

function offsetOf({ after }: DrawnRun, curves: Curves): number {
  return after === undefined ? 0 : (curves[after]?.at(-1)?.imagesProcessed ?? 0);
}

function linesOf(drawn: readonly DrawnRun[], curves: Curves, measure: Measure): Line[] {
  return drawn.map((entry) => {
    const { name, tone, dash } = entry;
    const curve = curves[entry.run.id];
    const points = curve ? measured(curve, measure, offsetOf(entry, curves)) : [];
    return { key: entry.run.id, name, tone, dash, points };
  });
}

function marksOf(drawn: readonly DrawnRun[], curves: Curves): Mark[] {
  return drawn.flatMap((entry) => {
    const at = offsetOf(entry, curves);
    return at > 0 ? [{ at, word: text.training.curves.fineTuning }] : [];
  });
}
