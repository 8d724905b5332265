/** Recipe, estimate and the button that starts: what a person considers before long work. */
import { Alert, Button, Card, Grid, Group, Stack, Text } from '@mantine/core';
import { IconPlayerPlay } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { DevicesView, Goal } from '../../main/api/contract.ts';
import { Writes } from '../components/writing.tsx';
import { useDevices, useRecipe, useStart } from '../queries/run-queries.ts';
import { text } from '../text/en.ts';
import { EstimateTable } from './estimate-table.tsx';
import { type RecipeChoice, useRecipeChoice } from './recipe-choice.ts';
import type { Scope } from './recipe-fields.ts';
import { RecipeForm } from './recipe-form.tsx';
import { type Changes, settingAt } from './recipe-settings.ts';
import { workingCard } from './working-card.ts';

interface TrainingStartProps {
  readonly projectId: string;
  readonly scope: Scope;
  readonly goal: Goal;
  readonly label: string;
  /** Work is running: another job would wait. */
  readonly busy: boolean;
  readonly beside?: ReactNode;
  /** False if the screen has another primary action. */
  readonly primary?: boolean;
  /** Settings of this start that override the recipe. */
  readonly always?: Changes;
}

export function TrainingStart({
  projectId,
  scope,
  goal,
  label,
  busy,
  beside,
  primary = true,
  always,
}: TrainingStartProps) {
  const [choice, setChoice] = useRecipeChoice(projectId);
  const { view, error } = useRecipe(projectId, choice);
  const { data: devices } = useDevices(projectId);
  const start = useStart(projectId);
  const asked: RecipeChoice = { ...choice, changes: { ...choice.changes, ...always } };
  const unfit = view?.unfit ?? null;
  const passedOver = passedOverDevice(devices, settingAt(view?.recipe, 'engine.device'));
  return (
    <Card withBorder radius="md" padding="lg" component="section" aria-label={text.training.recipe.heading}>
      <Grid gap="xl">
        <Grid.Col span={{ base: 12, md: 7 }}>
          <RecipeForm scope={scope} view={view} choice={choice} onChange={setChoice} />
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Stack gap="md">
            {error && (
              <Alert color="red">
                {error.message}
                {error.name === 'RecipeUnreadable' && (
                  <Button
                    mt="sm"
                    variant="default"
                    size="xs"
                    onClick={() => setChoice({ recipe: 'default', changes: {} })}
                  >
                    {text.training.recipe.startFromDefault}
                  </Button>
                )}
              </Alert>
            )}
            {unfit !== null && <Alert color="orange">{unfit}</Alert>}
            {view && unfit === null && !error && (
              <EstimateTable projectId={projectId} goal={goal} choice={asked} chosenDevice={devices?.chosen ?? null} />
            )}
            {passedOver && (
              <Alert color="orange">
                <Text size="sm">{text.training.job.cpuChosen(passedOver)}</Text>
              </Alert>
            )}
            <Group>
              <Writes>
                <Button
                  size="md"
                  variant={primary ? 'filled' : 'default'}
                  leftSection={<IconPlayerPlay size={16} aria-hidden="true" />}
                  disabled={!view || unfit !== null || error !== null || busy}
                  loading={start.isPending}
                  onClick={() => start.mutate({ goal, choice: asked })}
                >
                  {label}
                </Button>
                {beside}
              </Writes>
            </Group>
            {busy && (
              <Text size="sm" c="dimmed">
                {text.training.job.busy}
              </Text>
            )}
            {start.error && <Alert color="red">{start.error.message}</Alert>}
          </Stack>
        </Grid.Col>
      </Grid>
    </Card>
  );
}

/** A graphics card that works here, when the recipe or the doctor's choice is the processor. */
function passedOverDevice(view: DevicesView | undefined, wanted: unknown): string | undefined {
  const device = wanted === 'auto' || wanted === undefined ? view?.chosen : wanted;
  return view?.devices?.find((one) => one.device === device)?.onProcessor ? workingCard(view) : undefined;
}
