/** Several runs: their curves in one chart above, the runs side by side below. */
import { Card, Stack, Title } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { RunInfo } from '../../main/api/contract.ts';
import { text } from '../text/en.ts';
import type { Tone } from './curve-data.ts';
import { looksOf } from './run-look.tsx';
import { RunsTable } from './runs-table.tsx';
import { type DrawnRun, TrainingCurves } from './training-curves.tsx';

interface RunCurvesProps {
  readonly projectId: string;
  /** The newest first; at least one. */
  readonly runs: readonly RunInfo[];
  readonly tone: Tone;
  /** How many of the newest are drawn initially. */
  readonly first: number;
  /** The run that another one's line follows on the axis. */
  readonly afterOf?: (run: RunInfo) => string | undefined;
  /** The run that the project's recipe builds on, and choosing another; for teachers. */
  readonly inUse?: string | undefined;
  readonly onUse?: (runId: string) => void;
}

export function RunCurves({ projectId, runs, tone, first, afterOf, inUse, onUse }: RunCurvesProps) {
  const [chosen, setChosen] = useState<Readonly<Record<string, boolean>>>({});
  const shown = useMemo(
    () => new Set(runs.filter(({ id }, place) => chosen[id] ?? place < first).map(({ id }) => id)),
    [runs, chosen, first],
  );
  const looks = useMemo(
    () =>
      looksOf(
        runs.filter(({ id }) => shown.has(id)),
        tone,
      ),
    [runs, shown, tone],
  );
  const drawn = useMemo(
    () =>
      runs.flatMap((run): DrawnRun[] => {
        const look = looks[run.id];
        if (!look) return [];
        const after = afterOf?.(run);
        // Titles distinguish the runs of a stage.
        const name = `${text.training.stages[run.stage]}, ${run.title}`;
        return [{ run, name, ...look, ...(after === undefined ? {} : { after }) }];
      }),
    [runs, looks, afterOf],
  );
  return (
    <Card withBorder radius="md" padding="lg" component="section">
      <Stack gap="lg">
        <Title order={2} size="h4">
          {text.training.runs.heading}
        </Title>
        {drawn.length > 0 && <TrainingCurves projectId={projectId} drawn={drawn} />}
        <RunsTable
          projectId={projectId}
          runs={runs}
          shown={shown}
          looks={looks}
          inUse={inUse}
          onUse={onUse}
          onShow={(runId, show) => setChosen((before) => ({ ...before, [runId]: show }))}
        />
      </Stack>
    </Card>
  );
}
