/** Loss, training top-1 and learning rate of several runs in one chart each. */
import { SimpleGrid, Skeleton, Stack, Text } from '@mantine/core';
import { useMemo } from 'react';
import type { RunInfo } from '../../main/api/contract.ts';
import { formatPercent } from '../format.ts';
import { text } from '../text/en.ts';
import { askedAt, heldOutShares, type Line, type Measure, measured, type Tone } from './curve-data.ts';
import { type Curves, useCurves } from './curve-queries.ts';
import { HeldOutStrip } from './held-out-strip.tsx';
import { LineChart, LineKeys } from './line-chart.tsx';
import type { Mark } from './line-plot.ts';

export interface DrawnRun {
  readonly run: RunInfo;
  readonly name: string;
  readonly tone: Tone;
  readonly dash: readonly number[];
  /** The run whose end is this one's start on the axis: fine-tuning after pre-training. */
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
  // For the run that is training now, or otherwise the newest.
  const seen = drawn.flatMap((entry) => {
    const curve = curves[entry.run.id];
    const asked = curve ? askedAt(curve) : [];
    return asked.length > 0 ? [{ ...entry, asked }] : [];
  });
  const watched = seen.find(({ run }) => run.state === 'running') ?? seen[0];
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
      {watched && (
        <>
          <Text size="sm" c="dimmed">
            {words.heldOutKey}
          </Text>
          <HeldOutStrip key={watched.run.id} projectId={projectId} {...watched} />
        </>
      )}
    </Stack>
  );
}

function offsetOf({ after }: DrawnRun, curves: Curves): number {
  return after === undefined ? 0 : (curves[after]?.at(-1)?.imagesProcessed ?? 0);
}

function linesOf(drawn: readonly DrawnRun[], curves: Curves, measure: Measure): Line[] {
  return drawn.flatMap((entry): Line[] => {
    const { name, tone, dash } = entry;
    const key = entry.run.id;
    const curve = curves[key];
    if (!curve) return [{ key, name, tone, dash, points: [] }];
    const offset = offsetOf(entry, curves);
    const line = { key, name, tone, dash, points: measured(curve, measure, offset) };
    const heldOut = heldOutShares(curve, offset);
    if (measure !== 'top1' || heldOut.points.length === 0) return [line];
    const words = text.training.curves;
    return [
      { ...line, key: `${key} held out`, name: words.onHeldOut(name), ...heldOut },
      ...(line.points.length === 0 ? [] : [{ ...line, name: words.onTraining(name), thin: true }]),
    ];
  });
}

function marksOf(drawn: readonly DrawnRun[], curves: Curves): Mark[] {
  return drawn.flatMap((entry) => {
    const at = offsetOf(entry, curves);
    return at > 0 ? [{ at, word: text.training.curves.fineTuning }] : [];
  });
}
