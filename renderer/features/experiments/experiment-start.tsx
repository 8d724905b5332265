/** The chosen experiment: its question, cells, number of seeds and estimated cost, and the button that starts it. */
import { Alert, Button, Card, Group, List, NumberInput, Skeleton, Stack, Text, Title } from '@mantine/core';
import { IconPlayerPlay } from '@tabler/icons-react';
import { useState } from 'react';
import type { AskedExperiment, ExperimentLook, ExperimentsView } from '../../../main/api/contract.ts';
import { Writes } from '../../components/writing.tsx';
import { useExperimentEstimate, useStartExperiment } from '../../queries/experiment-queries.ts';
import { text } from '../../text/en.ts';
import type { RecipeChoice } from '../../training/recipe-choice.ts';
import { ExperimentResults } from './experiment-results.tsx';

const words = text.experiments;

interface ExperimentStartProps {
  readonly projectId: string;
  readonly choice: RecipeChoice;
  readonly view: ExperimentsView;
  readonly chosen: AskedExperiment;
}

export function ExperimentStart({ projectId, choice, view, chosen }: ExperimentStartProps) {
  const [seeds, setSeeds] = useState<number | null>(null);
  const asked = { experiment: chosen, seeds };
  const look = useExperimentEstimate(projectId, choice, asked);
  const start = useStartExperiment(projectId, choice);
  const known = chosen.kind === 'builtIn' ? view.builtIn.find(({ name }) => name === chosen.name) : undefined;
  const title = known?.title ?? look.data?.title ?? (chosen.kind === 'written' ? chosen.file : chosen.name);
  const name = known?.name ?? look.data?.name;
  return (
    <>
      <Card withBorder radius="md" padding="lg" component="section" aria-label={title}>
        <Stack gap="md">
          <div>
            <Title order={2}>{title}</Title>
            <Text>{known?.question ?? look.data?.question}</Text>
            {known?.claim && (
              <Text size="sm" c="dimmed">
                {words.paper(known.claim)}
              </Text>
            )}
          </div>
          {look.data && <Cells look={look.data} />}
          <NumberInput
            label={words.seeds}
            description={words.seedsHint}
            maw={320}
            min={1}
            max={view.mostSeeds}
            allowDecimal={false}
            value={seeds ?? look.data?.seeds ?? view.usualSeeds}
            onChange={(value) => typeof value === 'number' && setSeeds(value)}
          />
          <section aria-label={words.takes}>
            <Text fw={600}>{words.takes}</Text>
            {look.isPending && <Skeleton height={60} role="status" aria-label={words.working} />}
            {look.error && <Alert color="orange">{look.error.message}</Alert>}
            {look.data && <Takes look={look.data} />}
          </section>
          {start.error && <Alert color="red">{start.error.message}</Alert>}
          <Group>
            <Writes>
              <Button
                size="md"
                leftSection={<IconPlayerPlay size={16} aria-hidden="true" />}
                disabled={!look.data || look.error !== null}
                loading={start.isPending}
                onClick={() => start.mutate(asked)}
              >
                {words.start}
              </Button>
            </Writes>
          </Group>
        </Stack>
      </Card>
      {name !== undefined && <ExperimentResults projectId={projectId} name={name} />}
    </>
  );
}

function Cells({ look: { cells, against } }: { readonly look: ExperimentLook }) {
  return (
    <section aria-label={words.cells}>
      <Text fw={600}>{words.cells}</Text>
      <List size="sm">
        {cells.map((name) => (
          <List.Item key={name}>
            {name}
            {name === against && cells.length > 1 && (
              <Text span c="dimmed">
                {' '}
                ({words.against})
              </Text>
            )}
          </List.Item>
        ))}
      </List>
    </section>
  );
}

function Takes({ look: { estimate } }: { readonly look: ExperimentLook }) {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const different = sum(estimate.stages.map(({ runs }) => runs));
  const done = sum(estimate.stages.map((stage) => stage.done));
  const { methods, unshared, seconds, deviceName, memoryBytes, diskBytes, freeDiskBytes, rough } = estimate;
  return (
    <Stack gap={2}>
      <Text size="sm">{words.estimate({ methods, unshared, different, done })}</Text>
      <Text size="sm" fw={600} role="status">
        {done === different ? words.allDone : words.time(seconds, deviceName)}
      </Text>
      {done < different && (
        <Text size="sm" c="dimmed">
          {words.needs(memoryBytes, diskBytes, freeDiskBytes)}
          {rough && ` ${words.rough}`}
        </Text>
      )}
      {diskBytes > freeDiskBytes && <Alert color="orange">{words.needs(memoryBytes, diskBytes, freeDiskBytes)}</Alert>}
    </Stack>
  );
}
