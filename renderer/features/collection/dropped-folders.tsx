/** Asks what a dropped folder contains, which only the person knows; and where it is, if the page cannot know. */

import { Button, Group, Stack, Text } from '@mantine/core';
import type { SourceKind } from '../../../main/api/contract.ts';
import { Dialog } from '../../components/dialog.tsx';
import type { Dropped } from '../../components/use-dropped-folders.ts';
import { text } from '../../text/en.ts';
import styles from './dropped-folders.module.css';

const words = text.dropping;

interface DroppedFoldersProps {
  readonly dropped: readonly Dropped[];
  readonly onKind: (kind: SourceKind) => void;
  readonly onClose: () => void;
}

export function DroppedFolders({ dropped, onKind, onClose }: DroppedFoldersProps) {
  const folders = dropped.filter(({ isFolder }) => isFolder);
  const others = dropped.filter(({ isFolder }) => !isFolder);
  const named = folders.length > 0 ? folders : others;
  return (
    <Dialog
      opened={dropped.length > 0}
      onClose={onClose}
      title={words.title(named.map(({ name }) => name))}
      closeButtonProps={{ 'aria-label': text.shell.cancel }}
    >
      <Stack>
        {others.length > 0 && <Text>{words.noFolder(others.map(({ name }) => name))}</Text>}
        {folders.some(({ path }) => path === null) && <Text>{words.noPath}</Text>}
        <Group justify="flex-end">
          {folders.length === 0 ? (
            <Button variant="default" onClick={onClose}>
              {text.shell.cancel}
            </Button>
          ) : (
            (['labelled', 'unlabelled'] as const).map((kind) => (
              <Button key={kind} variant="default" onClick={() => onKind(kind)}>
                {words[kind]}
              </Button>
            ))
          )}
        </Group>
      </Stack>
    </Dialog>
  );
}

export function DropHere() {
  return (
    <div className={styles.here} role="status">
      {words.here}
    </div>
  );
}
