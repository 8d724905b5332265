/** The whole method in one click: three efforts, each with its cost on this device, measured before it is shown. */
import { Alert, Button, Card, Group, List, Progress, SimpleGrid, Skeleton, Stack, Text, Title } from '@mantine/core';
import { IconPlayerPlay } from '@tabler/icons-react';
import { useId, useState } from 'react';
import type { EffortName, EffortsView } from '../../main/api/contract.ts';
import { FailureState } from '../components/state-message.tsx';
import { Writes } from '../components/writing.tsx';
import { formatBytes, formatDuration } from '../format.ts';
import { useEfforts, useStartEffort } from '../queries/run-queries.ts';
import { text } from '../text/en.ts';
import styles from './do-it-all.module.css';
import { useRecipeChoice } from './recipe-choice.ts';

const words = text.training.efforts;
const NAMES: readonly EffortName[] = ['quick', 'balanced', 'best'];

type Measured = Extract<EffortsView, { kind: 'measured' }>;
type Effort = Measured['efforts'][number];

interface DoItAllProps {
  readonly projectId: string;
  /** False if the screen has another primary action. */
  readonly primary?: boolean;
}

export function DoItAll({ projectId, primary = true }: DoItAllProps) {
  const { data, error } = useEfforts(projectId);
  const start = useStartEffort(projectId);
  const [, setRecipe] = useRecipeChoice(projectId);
  const [picked, setPicked] = useState<EffortName | null>(null);
  const heading = useId();
  const efforts = data?.kind === 'measured' ? data.efforts : [];
  const chosen = picked ?? (data?.kind === 'measured' ? data.preselected : 'quick');
  const effort = efforts.find(({ name }) => name === chosen);
  return (
    <Card withBorder radius="md" padding="lg" component="section" aria-labelledby={heading}>
      <Stack gap="md">
        <div>
          <Title order={2} id={heading} mt={0}>
            {words.heading}
          </Title>
          <Text c="dimmed">{words.lead}</Text>
        </div>
        {error && <FailureState error={error} />}
        {data?.kind === 'refused' && <Alert color="orange">{data.reason}</Alert>}
        {data?.kind === 'deviceBusy' && <Text role="status">{words.deviceBusy}</Text>}
        {data?.kind === 'measured' && (
          <>
            <SimpleGrid cols={{ base: 1, sm: 3 }} role="radiogroup" aria-labelledby={heading}>
              {NAMES.map((name) => (
                <Choice
                  key={name}
                  name={name}
                  group={heading}
                  effort={efforts.find((one) => one.name === name)}
                  checked={name === chosen}
                  onPick={() => setPicked(name)}
                />
              ))}
            </SimpleGrid>
            {data.share < 1 && <Measuring share={data.share} />}
          </>
        )}
        {start.error && <FailureState error={start.error} />}
        <Group>
          <Writes>
            <Button
              size="md"
              variant={primary ? 'filled' : 'default'}
              leftSection={<IconPlayerPlay size={16} aria-hidden="true" />}
              disabled={!effort}
              loading={start.isPending}
              // The project keeps the effort's recipe: earlier changes on a screen do not apply to it.
              onClick={() => start.mutate(chosen, { onSuccess: () => setRecipe({ recipe: null, changes: {} }) })}
            >
              {words.start}
            </Button>
          </Writes>
        </Group>
        {effort && <Expert effort={effort} />}
      </Stack>
    </Card>
  );
}

interface ChoiceProps {
  readonly name: EffortName;
  readonly group: string;
  /** Undefined while it is not measured. */
  readonly effort: Effort | undefined;
  readonly checked: boolean;
  readonly onPick: () => void;
}

function Choice({ name, group, effort, checked, onPick }: ChoiceProps) {
  return (
    <label className={styles.choice}>
      <span className={styles.head}>
        <input type="radio" name={group} value={name} checked={checked} onChange={onPick} />
        {words.names[name]}
      </span>
      <Text size="sm" c="dimmed">
        {words.says[name]}
      </Text>
      {effort ? <Takes effort={effort} /> : <Skeleton height={88} role="status" aria-label={words.notMeasured} />}
    </label>
  );
}

function Takes({ effort: { estimate, because } }: { readonly effort: Effort }) {
  const { seconds, memoryBytes, diskBytes, deviceMemoryBytes: room } = estimate;
  const open = estimate.decoding.images > 0 || estimate.stages.some(({ done }) => !done);
  const time = seconds === null ? words.unknownTime : formatDuration(seconds);
  return (
    <>
      <span className={styles.time}>{open ? time : words.done}</span>
      {open && <Text size="sm">{words.needs(formatBytes(memoryBytes), formatBytes(diskBytes))}</Text>}
      {room !== null && memoryBytes > room && (
        <Text size="sm" c="var(--bad)">
          {words.tooMuchMemory(formatBytes(room))}
        </Text>
      )}
      <Text size="sm" c="dimmed">
        {[...because, ...(estimate.rough ? [words.rough] : [])].join(' ')}
      </Text>
    </>
  );
}

function Measuring({ share }: { readonly share: number }) {
  return (
    <Stack gap={4}>
      <Text size="sm" role="status">
        {words.measuring}
      </Text>
      <Progress value={100 * share} aria-label={words.measuring} color="var(--ink)" />
    </Stack>
  );
}

function Expert({ effort: { explanations } }: { readonly effort: Effort }) {
  return (
    <details>
      <summary>{words.expert}</summary>
      <List size="sm" spacing={4} mt="xs">
        {explanations.map(({ path, value, because }) => (
          <List.Item key={`${path} ${because}`}>
            {path} = {value}: {because}
          </List.Item>
        ))}
      </List>
    </details>
  );
}
