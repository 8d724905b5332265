/** Adding images of an object storage: its address and, where it is not Amazon's, where it answers. */
import { Button, Group, SegmentedControl, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { SourceKind } from '../../../main/api/contract.ts';
import { Dialog } from '../../components/dialog.tsx';
import { text } from '../../text/en.ts';

const words = text.shell.collection;

export interface Storage {
  readonly endpoint?: string;
  readonly region?: string;
}

interface AddObjectsProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly onAdd: (kind: SourceKind, address: string, storage: Storage) => void;
}

export function AddObjects({ opened, onClose, onAdd }: AddObjectsProps) {
  const [kind, setKind] = useState<SourceKind>('unlabelled');
  const [address, setAddress] = useState('');
  const [endpoint, setEndpoint] = useState('');
  const [region, setRegion] = useState('');
  const isAddress = /^s3:\/\/[^/\s]+/.test(address.trim());
  const add = () =>
    onAdd(kind, address.trim(), {
      ...(endpoint.trim() && { endpoint: endpoint.trim() }),
      ...(region.trim() && { region: region.trim() }),
    });
  return (
    <Dialog
      opened={opened}
      onClose={onClose}
      title={words.objects.title}
      closeButtonProps={{ 'aria-label': text.shell.cancel }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isAddress) add();
        }}
      >
        <Stack>
          <SegmentedControl
            aria-label={words.objects.kind}
            value={kind}
            onChange={(value) => setKind(value === 'labelled' ? 'labelled' : 'unlabelled')}
            data={(['labelled', 'unlabelled'] as const).map((value) => ({ value, label: words.kind[value] }))}
          />
          <TextInput
            data-autofocus
            label={words.objects.address}
            placeholder="s3://bucket/prefix"
            value={address}
            onChange={({ currentTarget: { value } }) => setAddress(value)}
          />
          <TextInput
            label={words.objects.endpoint}
            description={words.objects.endpointHint}
            placeholder="https://storage.example.org"
            value={endpoint}
            onChange={({ currentTarget: { value } }) => setEndpoint(value)}
          />
          <TextInput
            label={words.objects.region}
            value={region}
            onChange={({ currentTarget: { value } }) => setRegion(value)}
          />
          <Text size="sm" c="dimmed">
            {words.objects.credentials}
          </Text>
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {text.shell.cancel}
            </Button>
            <Button type="submit" disabled={!isAddress}>
              {words.list.add}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
