/** The ranks: per class the whole ranking, best first, the K line through it, and what a person decides of the images. */
import { Button } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'wouter';
import type { RanksOverview } from '../../../main/api/contract.ts';
import { EmptyState, QueryState } from '../../components/state-message.tsx';
import { useRanksOverview } from '../../queries/ranks-queries.ts';
import { text } from '../../text/en.ts';
import { ClassRanks } from './class-ranks.tsx';

export function RanksView({ projectId }: { readonly projectId: string }) {
  const overview = useRanksOverview(projectId);
  return <QueryState query={overview}>{(known) => <Ranked projectId={projectId} overview={known} />}</QueryState>;
}

function Ranked({ projectId, overview }: { readonly projectId: string; readonly overview: RanksOverview }) {
  const [labelRunId, setLabelRunId] = useState<string | null>(null);
  const run = overview.labelRuns.find(({ runId }) => runId === labelRunId) ?? overview.labelRuns[0];
  if (!run) {
    return (
      <>
        <h1 style={{ padding: 24 }}>{text.ranks.title}</h1>
        <EmptyState
          message={`${text.ranks.empty.title}. ${text.ranks.empty.hint}`}
          action={
            <Button component={Link} href={`/projects/${projectId}/scoring`}>
              {text.ranks.empty.label}
            </Button>
          }
        />
      </>
    );
  }
  return (
    <ClassRanks
      key={run.runId}
      projectId={projectId}
      labelRunId={run.runId}
      overview={overview}
      onLabelRun={setLabelRunId}
    />
  );
}
