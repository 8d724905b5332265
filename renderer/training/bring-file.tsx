/**
 * A file from elsewhere, examined before it is brought: what it is, what it will be used for, how pictures are preprocessed for
 * it.
 */
import { Alert, Button, Group, List, NativeSelect, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import type { FileLook } from '../../main/api/contract.ts';
import { Dialog } from '../components/dialog.tsx';
import { FailureState, LoadingState } from '../components/state-message.tsx';
import { useBringFile, useFileLook } from '../queries/run-queries.ts';
import { text } from '../text/en.ts';

export type BringSide = 'teacher' | 'student';
type Use = FileLook['canBe'][number];

interface BringFileProps {
  readonly projectId: string;
  readonly side: BringSide;
  /** Null while none is chosen: nothing is shown. */
  readonly file: string | null;
  readonly onClose: () => void;
  readonly onBrought: () => void;
}

export function BringFile({ projectId, side, file, onClose, onBrought }: BringFileProps) {
  return (
    <Dialog
      opened={file !== null}
      onClose={onClose}
      title={text.training.bring.title}
      size="lg"
      closeButtonProps={{ 'aria-label': text.shell.cancel }}
    >
      {file !== null && <Looked {...{ projectId, side, file, onClose, onBrought }} />}
    </Dialog>
  );
}

function Looked({ projectId, side, file, onClose, onBrought }: BringFileProps & { readonly file: string }) {
  const look = useFileLook(projectId, file);
  if (look.error) return <FailureState error={look.error} />;
  if (!look.data) return <LoadingState />;
  return <Choice {...{ projectId, side, file, onClose, onBrought }} look={look.data} />;
}

interface ChoiceProps extends BringFileProps {
  readonly file: string;
  readonly look: FileLook;
}

function Choice({ projectId, side, file, look, onClose, onBrought }: ChoiceProps) {
  const words = text.training.bring;
  const uses = look.canBe.filter((use) => isFor(side, use));
  const [use, setUse] = useState<Use | undefined>(firstUse(side, uses));
  const [preset, setPreset] = useState<string>('');
  const bringFile = useBringFile(projectId);
  const chosen = look.presets.find((name) => name === preset);
  return (
    <Stack gap="md">
      <Text fw={600} style={{ overflowWrap: 'anywhere' }}>
        {look.file}
      </Text>
      <List size="sm" spacing="xs">
        {look.sentences.map((sentence) => (
          <List.Item key={sentence}>{sentence}</List.Item>
        ))}
      </List>
      {uses.length === 0 ? (
        <Alert color="orange">{words.notFor[side]}</Alert>
      ) : (
        <>
          <NativeSelect
            label={words.use}
            value={use ?? ''}
            onChange={(event) => setUse(uses.find((name) => name === event.currentTarget.value))}
            data={uses.map((name) => ({ value: name, label: words.uses[name] }))}
          />
          <NativeSelect
            label={words.pictures}
            description={look.sure ? words.picturesKnown : words.picturesUnsure}
            value={preset}
            onChange={(event) => setPreset(event.currentTarget.value)}
            data={[
              { value: '', label: words.asUnderstood(look.preset) },
              ...look.presets.map((name) => ({ value: name, label: words.preset(name) })),
            ]}
          />
        </>
      )}
      {bringFile.error && <Alert color="red">{bringFile.error.message}</Alert>}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {text.shell.cancel}
        </Button>
        <Button
          disabled={use === undefined}
          loading={bringFile.isPending}
          onClick={() =>
            bringFile.mutate(
              { file, ...(use && { as: use }), ...(chosen && { preset: chosen }) },
              {
                onSuccess: () => {
                  onBrought();
                  onClose();
                },
              },
            )
          }
        >
          {words.bring}
        </Button>
      </Group>
    </Stack>
  );
}

/** A file brought on the student's screen is used for the student alone, unless chosen otherwise. */
function firstUse(side: BringSide, uses: readonly Use[]): Use | undefined {
  return uses.find((use) => side === 'student' && use === 'student-start') ?? uses[0];
}

function isFor(side: BringSide, use: Use): boolean {
  if (use === 'classifier') return side === 'teacher';
  return use === 'start' || use.startsWith(side);
}
