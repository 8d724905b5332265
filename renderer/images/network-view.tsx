/** A button that shows an image, pixel by pixel, as a network of the project's recipe sees it, or why that is not possible. */
import { Alert, Button, Stack, Text } from '@mantine/core';
import { IconGridDots } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { api, readBytes } from '../client.ts';
import { Dialog } from '../components/dialog.tsx';
import { text } from '../text/en.ts';
import styles from './network-view.module.css';

const words = text.shell.networkView;

interface NetworkViewProps {
  readonly projectId: string;
  readonly imageId: number;
  readonly name: string;
}

export function NetworkView(props: NetworkViewProps) {
  const [open, setOpen] = useState(false);
  return (
    <div>
      <Button
        size="compact-sm"
        variant="default"
        leftSection={<IconGridDots size={14} aria-hidden="true" />}
        onClick={() => setOpen(true)}
      >
        {words.button}
      </Button>
      {open && <NetworkViewDialog {...props} close={() => setOpen(false)} />}
    </div>
  );
}

export function NetworkViewDialog({
  projectId,
  imageId,
  name,
  close,
}: NetworkViewProps & { readonly close: () => void }) {
  const { data, error } = useQuery({
    queryKey: ['networkView', projectId, imageId],
    queryFn: ({ signal }) =>
      readBytes(
        api.projects[':project']['network-views'][':image'].$get(
          { param: { project: projectId, image: String(imageId) } },
          { init: { signal } },
        ),
      ),
    // The recipe may have changed since.
    gcTime: 0,
    retry: false,
  });
  return (
    <Dialog
      opened
      onClose={close}
      title={words.title(name)}
      centered
      closeButtonProps={{ 'aria-label': text.shell.close }}
    >
      <Stack>
        {error && <Alert color="red">{error.message}</Alert>}
        {data && <Pixels png={data} />}
        <Text size="sm" c="dimmed">
          {words.hint}
        </Text>
      </Stack>
    </Dialog>
  );
}

function Pixels({ png }: { readonly png: Blob }) {
  const [url, setUrl] = useState<string | null>(null);
  const [sizePx, setSizePx] = useState(0);
  useEffect(() => {
    const made = URL.createObjectURL(png);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [png]);
  if (url === null) return null;
  return (
    <figure className={styles.figure}>
      <img
        className={styles.pixels}
        src={url}
        alt={words.alt}
        onLoad={({ currentTarget }) => setSizePx(currentTarget.naturalWidth)}
      />
      {sizePx > 0 && <figcaption>{words.size(sizePx)}</figcaption>}
    </figure>
  );
}
