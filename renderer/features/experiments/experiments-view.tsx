/** Experiments: the list on the left, the chosen one's cost and results on the right. */
import { Grid, Stack } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useRef, useState } from 'react';
import type { ExperimentsView as View } from '../../../main/api/contract.ts';
import { FailureState, QueryState } from '../../components/state-message.tsx';
import { ViewFrame } from '../../components/view-frame.tsx';
import { useExperiments } from '../../queries/experiment-queries.ts';
import { useJobs } from '../../queries/run-queries.ts';
import { text } from '../../text/en.ts';
import { type RecipeChoice, useRecipeChoice } from '../../training/recipe-choice.ts';
import { TrainingJob } from '../../training/training-job.tsx';
import { type Chosen, ExperimentList, isShown } from './experiment-list.tsx';
import { ExperimentResults } from './experiment-results.tsx';
import { ExperimentStart } from './experiment-start.tsx';

const words = text.experiments;
const OVER: ReadonlySet<string> = new Set(['succeeded', 'cancelled']);

export function ExperimentsView({ projectId }: { readonly projectId: string }) {
  const [choice] = useRecipeChoice(projectId);
  const view = useExperiments(projectId, choice);
  const { data: jobs = [] } = useJobs();
  const job = jobs.find(({ kind, projectId: of }) => kind === 'runExperiment' && of === projectId);
  return (
    <ViewFrame title={words.title} lead={words.lead}>
      {job && !OVER.has(job.state) && <TrainingJob job={job} projectId={projectId} />}
      {view.data && view.error && <FailureState error={view.error} />}
      <QueryState query={view}>{(known) => <Experiments {...{ projectId, choice }} view={known} />}</QueryState>
    </ViewFrame>
  );
}

/** Narrower than Mantine's `sm`, where the columns are stacked. */
const STACKED = '(max-width: 47.99em)';

interface ExperimentsProps {
  readonly projectId: string;
  readonly choice: RecipeChoice;
  readonly view: View;
}

function Experiments({ projectId, choice, view }: ExperimentsProps) {
  const [chosen, setChosen] = useState<Chosen>(() => firstOf(view));
  const isStacked = useMediaQuery(STACKED) ?? false;
  const shown = useRef<HTMLDivElement>(null);
  const choose = (next: Chosen) => {
    setChosen(next);
    // There the chosen experiment is below the whole list.
    if (isStacked) requestAnimationFrame(() => shown.current?.scrollIntoView({ block: 'start' }));
  };
  return (
    <Grid gap="xl">
      <Grid.Col span={{ base: 12, sm: 4 }}>
        <ExperimentList view={view} chosen={chosen} onChoose={choose} />
      </Grid.Col>
      <Grid.Col span={{ base: 12, sm: 8 }} ref={shown}>
        <Stack gap="lg" key={JSON.stringify(chosen)}>
          {isShown(chosen) ? (
            <ExperimentResults projectId={projectId} name={chosen.name} />
          ) : (
            <ExperimentStart {...{ projectId, choice, view, chosen }} />
          )}
        </Stack>
      </Grid.Col>
    </Grid>
  );
}

function firstOf({ builtIn }: View): Chosen {
  const first = builtIn.find(({ done }) => done) ?? builtIn.find(({ unfit }) => unfit === null) ?? builtIn[0];
  return { kind: 'builtIn', name: first?.name ?? '' };
}
