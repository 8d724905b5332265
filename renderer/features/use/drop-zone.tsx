/** Where image files are dropped or chosen. It passes on the files; what happens to them is the view's. */
import { Button, FileButton, Group, Text } from '@mantine/core';
import { IconPhotoDown } from '@tabler/icons-react';
import { type DragEvent, type ReactNode, useState } from 'react';
import { text } from '../../text/en.ts';
import styles from './drop-zone.module.css';
import { droppedFiles } from './dropped-files.ts';

const words = text.use;

interface DropZoneProps {
  readonly disabled: boolean;
  readonly busy: boolean;
  readonly onFiles: (files: readonly File[]) => void;
  readonly children: ReactNode;
}

export function DropZone({ disabled, busy, onFiles, children }: DropZoneProps) {
  const [over, setOver] = useState(false);
  const takes = (event: DragEvent) => !disabled && event.dataTransfer.types.includes('Files');
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the button chooses files by key and click; dropping is beside it.
    <div
      className={styles.zone}
      data-over={over}
      onDragOver={(event) => {
        if (!takes(event)) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={({ currentTarget, relatedTarget }) => {
        if (!(relatedTarget instanceof Node && currentTarget.contains(relatedTarget))) setOver(false);
      }}
      onDrop={(event) => {
        if (!takes(event)) return;
        event.preventDefault();
        setOver(false);
        void droppedFiles(event.dataTransfer).then(onFiles);
      }}
    >
      <Group gap="sm">
        {children}
        <FileButton multiple accept="image/*" disabled={disabled} onChange={onFiles}>
          {(props) => (
            <Button {...props} variant="default" disabled={disabled} loading={busy}>
              {words.classifyFiles}
            </Button>
          )}
        </FileButton>
      </Group>
      <Text size="sm" c="dimmed" mt="xs" className={styles.hint ?? ''}>
        <IconPhotoDown size={16} aria-hidden="true" /> {over ? words.dropHere : words.drop}
      </Text>
    </div>
  );
}
