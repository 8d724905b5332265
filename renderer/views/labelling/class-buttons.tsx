/** The classes with their keys: pressed to label; the keys themselves can be set here. */
import { Button, Kbd, ScrollArea, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { KeyedClass } from '../../class-keys.ts';
import { FailureState } from '../../components/state-message.tsx';
import { formatCount } from '../../format.ts';
import { text } from '../../text/en.ts';
import { useClassActs } from '../collection/collection-queries.ts';

const words = text.labelling;

interface ClassButtonsProps {
  readonly projectId: string;
  readonly classes: readonly KeyedClass[];
  readonly disabled: boolean;
  readonly onGive: (classId: number) => void;
}

export function ClassButtons({ projectId, classes, disabled, onGive }: ClassButtonsProps) {
  const [setting, setSetting] = useState(false);
  const { change } = useClassActs(projectId);
  return (
    <Stack gap={6} component="section" aria-label={words.classes}>
      <ScrollArea.Autosize mah="46dvh" type="auto" viewportProps={{ tabIndex: 0, 'aria-label': words.classes }}>
        <Stack gap={4} pe={10}>
          {classes.map((entry) =>
            setting ? (
              <KeyField
                key={`${entry.id} ${entry.key}`}
                entry={entry}
                onKey={(key) => change.mutate({ classId: entry.id, key })}
              />
            ) : (
              <Button
                key={entry.id}
                size="xs"
                flex="none"
                variant="default"
                justify="space-between"
                styles={{ label: { flex: 1, justifyContent: 'flex-start' } }}
                leftSection={entry.key === '' ? null : <Kbd size="xs">{entry.key}</Kbd>}
                rightSection={<span title={words.count(entry.train)}>{formatCount(entry.train)}</span>}
                disabled={disabled}
                onClick={() => onGive(entry.id)}
              >
                {entry.name}
              </Button>
            ),
          )}
        </Stack>
      </ScrollArea.Autosize>
      {change.error && <FailureState error={change.error} />}
      <Button size="compact-xs" variant="subtle" onClick={() => setSetting(!setting)}>
        {setting ? words.keysSet : words.setKeys}
      </Button>
    </Stack>
  );
}

function KeyField({ entry, onKey }: { readonly entry: KeyedClass; readonly onKey: (key: string | null) => void }) {
  const [typed, setTyped] = useState(entry.key);
  const keep = () => {
    if (typed !== entry.key) onKey(typed.trim() === '' ? null : typed);
  };
  return (
    <TextInput
      size="xs"
      label={entry.name}
      aria-label={words.keyOf(entry.name)}
      styles={{ root: { display: 'flex', alignItems: 'center', gap: 8 }, label: { flex: 1 }, wrapper: { width: 54 } }}
      maxLength={1}
      value={typed}
      onFocus={({ currentTarget }) => currentTarget.select()}
      onChange={({ currentTarget }) => setTyped(currentTarget.value)}
      onBlur={keep}
      onKeyDown={({ key }) => key === 'Enter' && keep()}
    />
  );
}
