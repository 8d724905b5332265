/**
 * Model files that all projects share, and another source: a link, for which the server and size are shown before it is
 * fetched.
 */
import { Alert, Button, Group, Stack, Text, TextInput, Title } from '@mantine/core';
import { type FormEvent, useEffect, useEffectEvent, useState } from 'react';
import type { ModelsView } from '../../main/api/contract.ts';
import { Dialog } from '../components/dialog.tsx';
import { QueryState } from '../components/state-message.tsx';
import { formatBytes } from '../format.ts';
import { useDownload, useLookAtAddress, useModels } from '../queries/model-file-queries.ts';
import { useJobs } from '../queries/run-queries.ts';
import { text } from '../text/en.ts';
import { JobProgressBar } from './job-progress-bar.tsx';

interface ModelsDialogProps {
  readonly projectId: string;
  readonly opened: boolean;
  readonly onClose: () => void;
  /** A file on this machine. */
  readonly onChoose: (file: string) => void;
}

const words = text.training.bring;

export function ModelsDialog({ projectId, opened, onClose, onChoose }: ModelsDialogProps) {
  return (
    <Dialog
      opened={opened}
      onClose={onClose}
      title={words.modelsTitle}
      size="lg"
      closeButtonProps={{ 'aria-label': text.shell.cancel }}
    >
      {opened && <Contents projectId={projectId} onChoose={onChoose} />}
    </Dialog>
  );
}

function Contents({ projectId, onChoose }: Pick<ModelsDialogProps, 'projectId' | 'onChoose'>) {
  const models = useModels();
  const [address, setAddress] = useState('');
  return (
    <QueryState query={models}>
      {(view) => (
        <Stack gap="lg">
          <SharedFiles view={view} onChoose={onChoose} />
          <LinkField projectId={projectId} address={address} onAddress={setAddress} onChoose={onChoose} />
          <FirstFiles first={view.first} onAddress={setAddress} />
        </Stack>
      )}
    </QueryState>
  );
}

function SharedFiles({ view, onChoose }: { readonly view: ModelsView; readonly onChoose: (file: string) => void }) {
  return (
    <Stack gap="xs" component="section" aria-label={words.folder}>
      <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
        {words.shared(view.folder)}
      </Text>
      {view.away !== null && <Alert color="orange">{view.away}</Alert>}
      {view.files.length === 0 && view.away === null && (
        <Text size="sm" c="dimmed">
          {words.noModels}
        </Text>
      )}
      {view.files.map(({ path, name, bytes, says, licence }) => (
        <Group key={path} justify="space-between" wrap="nowrap" gap="md">
          <div style={{ minWidth: 0 }}>
            <Text fw={600} style={{ overflowWrap: 'anywhere' }}>
              {name}
            </Text>
            <Text size="sm">{says}</Text>
            <Text size="sm" c="dimmed">
              {[formatBytes(bytes), ...(licence === null ? [] : [licence])].join(' · ')}
            </Text>
          </div>
          <Button variant="default" size="xs" aria-label={words.chooseModel(name)} onClick={() => onChoose(path)}>
            {words.bring}
          </Button>
        </Group>
      ))}
    </Stack>
  );
}

interface LinkFieldProps {
  readonly projectId: string;
  readonly address: string;
  readonly onAddress: (address: string) => void;
  readonly onChoose: (file: string) => void;
}

function LinkField({ projectId, address, onAddress, onChoose }: LinkFieldProps) {
  const look = useLookAtAddress();
  const download = useDownload(projectId);
  const { data: jobs = [] } = useJobs();
  const job = jobs.find(({ id }) => id === download.data?.id);
  const arrived = useEffectEvent(onChoose);
  const file = job?.result?.kind === 'downloaded' ? job.result.file : undefined;
  useEffect(() => {
    if (file !== undefined) arrived(file);
  }, [file]);
  const offered = look.data?.address === address.trim() ? look.data : undefined;
  const ask = (event: FormEvent) => {
    event.preventDefault();
    look.mutate(address.trim());
  };
  const size = offered && (offered.bytes === null ? words.unknownSize : formatBytes(offered.bytes));
  return (
    <Stack gap="xs" component="section" aria-label={words.link}>
      <form onSubmit={ask}>
        <Group align="flex-end" gap="xs" wrap="nowrap">
          <TextInput
            style={{ flex: 1 }}
            label={words.link}
            description={words.linkHint}
            placeholder="https://"
            value={address}
            onChange={(event) => onAddress(event.currentTarget.value)}
            spellCheck={false}
          />
          <Button type="submit" variant="default" disabled={address.trim() === ''} loading={look.isPending}>
            {words.lookAtLink}
          </Button>
        </Group>
      </form>
      {look.error && <Alert color="red">{look.error.message}</Alert>}
      {offered && size !== undefined && (
        <Group justify="space-between" gap="md">
          <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
            {words.offered(offered.name, size, offered.host)}
          </Text>
          <Button
            loading={download.isPending}
            disabled={job !== undefined}
            onClick={() => download.mutate(offered.address)}
          >
            {words.download}
          </Button>
        </Group>
      )}
      {download.error && <Alert color="red">{download.error.message}</Alert>}
      {job?.progress && <JobProgressBar job={job} progress={job.progress} />}
      {job && file === undefined && (
        <Text size="sm" c="dimmed">
          {job.reason ?? words.downloading}
        </Text>
      )}
    </Stack>
  );
}

interface FirstFilesProps {
  readonly first: ModelsView['first'];
  readonly onAddress: (address: string) => void;
}

function FirstFiles({ first, onAddress }: FirstFilesProps) {
  return (
    <Stack gap="xs" component="section" aria-label={words.first}>
      <Title order={3} size="h5">
        {words.first}
      </Title>
      {first.map(({ name, use, licence, megabytes, from, url }) => (
        <Group key={url} justify="space-between" wrap="nowrap" gap="md">
          <Text size="sm">{`${name}, ${words.firstUses[use]}: ${from}, ${licence}, ${megabytes} MB`}</Text>
          <Button variant="subtle" size="xs" aria-label={words.takeLink(name)} onClick={() => onAddress(url)}>
            {words.link}
          </Button>
        </Group>
      ))}
    </Stack>
  );
}
