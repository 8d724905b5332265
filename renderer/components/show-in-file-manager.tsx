/** Shows a file or folder in the file manager: only on the desktop, since a browser cannot open one. */
import { Button, Text, VisuallyHidden } from '@mantine/core';
import { IconFolderShare } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { desktop } from '../desktop.ts';
import { text } from '../text/en.ts';

/** A bare name, such as that of a dropped file, does not say where the file is. */
const WHOLE_PATH = /^(\/|\\\\|[a-z]:[\\/])/i;

interface ShowInFileManagerProps {
  readonly path: string;
  /** Where several are on one screen: what this one belongs to, for screen readers. */
  readonly of?: string;
}

export function ShowInFileManager({ path, of }: ShowInFileManagerProps) {
  const bridge = desktop();
  const reveal = useMutation({ mutationFn: async () => await bridge?.revealFile(path) });
  if (!bridge || !WHOLE_PATH.test(path)) return null;
  return (
    <div>
      <Button
        size="compact-sm"
        variant="default"
        leftSection={<IconFolderShare size={14} aria-hidden="true" />}
        loading={reveal.isPending}
        onClick={() => reveal.mutate()}
      >
        {text.shell.showInFileManager}
        {of !== undefined && <VisuallyHidden>{of}</VisuallyHidden>}
      </Button>
      {reveal.error && (
        <Text size="sm" c="var(--bad)" role="alert" style={{ overflowWrap: 'anywhere' }}>
          {reveal.error.message}
        </Text>
      )}
    </div>
  );
}
