/**
 * The ranks: for each class the whole ranking, best first, the K line through it, and a person's decisions about the images.
 */
import { Button } from '@mantine/core';
import { Link } from 'wouter';
import type { RanksOverview } from '../../../main/api/contract.ts';
import { EmptyState, QueryState } from '../../components/state-message.tsx';
import { useRanksOverview } from '../../queries/ranks-queries.ts';
import { text } from '../../text/en.ts';
import { ClassRanks } from './class-ranks.tsx';
import { RanksProvider, useNewRanksStore, useRanks } from './ranks-store.ts';

export function RanksView({ projectId }: { readonly projectId: string }) {
  const overview = useRanksOverview(projectId);
  const store = useNewRanksStore();
  return (
    <RanksProvider value={store}>
      <QueryState query={overview}>{(known) => <Ranked projectId={projectId} overview={known} />}</QueryState>
    </RanksProvider>
  );
}

function Ranked({ projectId, overview }: { readonly projectId: string; readonly overview: RanksOverview }) {
  const labelRunId = useRanks((store) => store.labelRunId);
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
  return <ClassRanks key={run.runId} projectId={projectId} labelRun={run} overview={overview} />;
}
