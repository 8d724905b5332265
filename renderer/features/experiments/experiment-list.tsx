/** The available experiments: the built-in ones, a person's own from a file, and others that have results. */
import { Badge, Button, FileButton, Group, Stack, Text, Title } from '@mantine/core';
import { IconFileText } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { AskedExperiment, ExperimentsView } from '../../../main/api/contract.ts';
import { text } from '../../text/en.ts';
import styles from './experiment-list.module.css';

/** An experiment to view and start, or the results of one whose file is not available. */
export type Chosen = AskedExperiment | { readonly kind: 'shown'; readonly name: string };

export function isShown(chosen: Chosen): chosen is Extract<Chosen, { kind: 'shown' }> {
  return chosen.kind === 'shown';
}

interface ExperimentListProps {
  readonly view: ExperimentsView;
  readonly chosen: Chosen;
  readonly onChoose: (chosen: Chosen) => void;
}

export function ExperimentList({ view, chosen, onChoose }: ExperimentListProps) {
  const words = text.experiments;
  const read = async (file: File | null) => {
    if (file) onChoose({ kind: 'written', file: file.name, text: await file.text() });
  };
  return (
    <Stack gap="lg" component="section" aria-label={words.list}>
      <Stack gap={2}>
        <Title order={2}>{words.builtIn}</Title>
        {view.builtIn.map(({ name, title, question, done }) => (
          <Entry
            key={name}
            title={title}
            beside={question}
            done={done}
            chosen={chosen.kind === 'builtIn' && chosen.name === name}
            onClick={() => onChoose({ kind: 'builtIn', name })}
          />
        ))}
      </Stack>
      <Stack gap="xs">
        <Title order={2}>{words.others}</Title>
        {chosen.kind === 'written' && <Entry title={chosen.file} chosen onClick={() => onChoose(chosen)} />}
        {view.others.map(({ name, title }) => (
          <Entry
            key={name}
            title={title}
            done
            chosen={chosen.kind === 'shown' && chosen.name === name}
            onClick={() => onChoose({ kind: 'shown', name })}
          />
        ))}
        <FileButton accept=".yaml,.yml,.json,application/json,text/yaml" onChange={(file) => void read(file)}>
          {(props) => (
            <Button {...props} variant="default" leftSection={<IconFileText size={16} aria-hidden="true" />}>
              {words.ownFile}
            </Button>
          )}
        </FileButton>
        <Text size="xs" c="dimmed">
          {words.ownHint}
        </Text>
        <pre className={styles.example}>{words.example}</pre>
      </Stack>
    </Stack>
  );
}

interface EntryProps {
  readonly title: string;
  readonly beside?: ReactNode;
  readonly done?: boolean;
  readonly chosen: boolean;
  readonly onClick: () => void;
}

function Entry({ title, beside, done = false, chosen, onClick }: EntryProps) {
  return (
    <button type="button" className={styles.entry} aria-pressed={chosen} onClick={onClick}>
      <Group justify="space-between" gap="xs" wrap="nowrap">
        <Text fw={600} style={{ overflowWrap: 'anywhere' }}>
          {title}
        </Text>
        {done && (
          <Badge variant="outline" color="var(--good)" miw="max-content">
            {text.experiments.done}
          </Badge>
        )}
      </Group>
      {beside !== undefined && (
        <Text size="sm" c="dimmed">
          {beside}
        </Text>
      )}
    </button>
  );
}
