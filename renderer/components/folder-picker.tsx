/** Chooses a folder or a model file on this machine's disks: names only, by mouse, keyboard, or a typed path. */
import { ActionIcon, Button, Group, NavLink, ScrollArea, Stack, Text, TextInput } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import {
  IconArrowUp,
  IconCube,
  IconFileStack,
  IconFolder,
  IconFolderOff,
  IconFolderPlus,
  IconMapPin,
} from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, useEffect, useEffectEvent, useRef, useState } from 'react';
import type { FolderListing } from '../../main/api/contract.ts';
import { api, read } from '../client.ts';
import { desktop } from '../desktop.ts';
import { fileNameOf } from '../file-name.ts';
import { text } from '../text/en.ts';
import { Dialog, OWN_ESCAPE } from './dialog.tsx';
import { PlainPicture } from './plain-picture.tsx';
import { FailureState, LoadingState } from './state-message.tsx';

const PICTURE_PX = 64;

interface FolderPickerProps {
  readonly opened: boolean;
  readonly title: string;
  /** `source`: a folder, or an archive or a list in one. */
  readonly choose: 'folder' | 'model' | 'source';
  /** Even where the system has a dialog, which accepts either folders or files. */
  readonly inPage?: boolean;
  readonly onClose: () => void;
  readonly onChoose: (path: string) => void;
}

/** The system's own dialog on the desktop; this page's in a browser, and if the system's fails. */
export function FolderPicker(props: FolderPickerProps) {
  const [failed, setFailed] = useState(false);
  const bridge = desktop();
  if (bridge && !failed && !props.inPage)
    return <SystemPicker {...props} bridge={bridge} onFailed={() => setFailed(true)} />;
  return <PagePicker {...props} />;
}

interface SystemPickerProps extends FolderPickerProps {
  readonly bridge: NonNullable<ReturnType<typeof desktop>>;
  readonly onFailed: () => void;
}

function SystemPicker({ opened, choose, onClose, onChoose, bridge, onFailed }: SystemPickerProps) {
  const ask = useEffectEvent(async () => {
    try {
      const path = await (choose === 'model' ? bridge.pickFile() : bridge.pickFolder());
      if (path === null) onClose();
      else onChoose(path);
    } catch {
      onFailed();
    }
  });
  useEffect(() => {
    if (opened) void ask();
  }, [opened]);
  return null;
}

function PagePicker({ opened, title, inPage: _, ...rest }: FolderPickerProps) {
  return (
    <Dialog
      opened={opened}
      onClose={rest.onClose}
      title={title}
      size="lg"
      closeButtonProps={{ 'aria-label': text.shell.cancel }}
    >
      {opened && <Picker {...rest} />}
    </Dialog>
  );
}

function Picker({ choose, onClose, onChoose }: Omit<FolderPickerProps, 'opened' | 'title' | 'inPage'>) {
  const [last, setLast] = useLastPlace();
  const [folder, setFolder] = useState(last);
  const listing = useQuery({
    queryKey: ['folders', folder],
    queryFn: () => read(api.folders.$get({ query: folder === undefined ? {} : { folder } })),
    placeholderData: (previous) => previous,
    staleTime: 0,
    retry: false,
  });
  const { data, isError } = listing;
  // If the remembered folder is gone, the default one is shown instead.
  if (isError && folder !== undefined && folder === last && !data) {
    setLast(undefined);
    setFolder(undefined);
  }
  const take = (path: string) => {
    // The next choice is most likely a sibling.
    setLast(path === data?.folder ? (data?.parent ?? data?.folder) : data?.folder);
    onChoose(path);
  };
  return (
    <Stack gap="sm">
      <PathField folder={folder ?? data?.folder ?? ''} onGo={setFolder} />
      {listing.error && <FailureState error={listing.error} />}
      {!data && !listing.error && <LoadingState />}
      {data && <Contents listing={data} choose={choose} onGo={setFolder} onChoose={take} />}
      <Group justify="space-between">
        {data ? <NewFolder parent={data.folder} onMade={setFolder} /> : <span />}
        <Group gap="xs">
          <Button variant="default" onClick={onClose}>
            {text.shell.cancel}
          </Button>
          {choose !== 'model' && data && (
            <Button onClick={() => take(data.folder)}>{text.shell.folders.choose(fileNameOf(data.folder))}</Button>
          )}
        </Group>
      </Group>
    </Stack>
  );
}

/** The last chosen folder, also from before the page was opened. */
function useLastPlace() {
  const [last, setLast] = useLocalStorage<string | undefined>({
    key: 'understudy.last-folder',
    defaultValue: undefined,
    getInitialValueInEffect: false,
  });
  return [last, setLast] as const;
}

function PathField({ folder, onGo }: { readonly folder: string; readonly onGo: (folder: string) => void }) {
  const [typed, setTyped] = useState(folder);
  const [shown, setShown] = useState(folder);
  if (folder !== shown) {
    setShown(folder);
    // Text typed before the first folder was known is kept.
    if (shown !== '' || typed === '') setTyped(folder);
  }
  const go = (event: FormEvent) => {
    event.preventDefault();
    onGo(typed);
  };
  return (
    <form onSubmit={go}>
      <Group align="flex-end" gap="xs" wrap="nowrap">
        <TextInput
          style={{ flex: 1 }}
          label={text.shell.folders.typed}
          value={typed}
          onChange={({ currentTarget }) => setTyped(currentTarget.value)}
          onFocus={({ currentTarget }) => currentTarget.select()}
          spellCheck={false}
          data-autofocus
        />
        <Button type="submit" variant="default">
          {text.shell.folders.go}
        </Button>
      </Group>
    </form>
  );
}

interface ContentsProps {
  readonly listing: FolderListing;
  readonly choose: FolderPickerProps['choose'];
  readonly onGo: (folder: string) => void;
  readonly onChoose: (path: string) => void;
}

function Contents({ listing, choose, onGo, onChoose }: ContentsProps) {
  const words = text.shell.folders;
  const { parent, folder } = listing;
  const insides = useInsides(folder);
  const list = useRef<HTMLDivElement>(null);
  // The entry that was pressed disappeared with the previous folder.
  useEffect(() => {
    if (folder && document.activeElement === document.body) list.current?.focus();
  }, [folder]);
  return (
    <Group align="stretch" gap="md" wrap="nowrap">
      <Stack gap={2} w={170} component="section" aria-label={words.places} visibleFrom="xs">
        {listing.places.map((place) => (
          <Entry
            key={place.folder}
            icon={<IconMapPin size={16} />}
            label={place.name}
            onClick={() => onGo(place.folder)}
          />
        ))}
      </Stack>
      <Stack gap="xs" style={{ flex: 1, minWidth: 0 }}>
        <Group gap="xs">
          <ActionIcon
            variant="default"
            aria-label={words.up}
            disabled={parent === null}
            onClick={() => parent && onGo(parent)}
          >
            <IconArrowUp size={16} />
          </ActionIcon>
          <Text size="sm" c="dimmed">
            {words.images(listing.images)}
          </Text>
        </Group>
        {listing.pictures.length > 0 && (
          <Group gap={6} role="group" aria-label={words.pictures}>
            {listing.pictures.map((file) => (
              <PlainPicture key={file} src={pictureAt(file)} boxPx={PICTURE_PX} alt={fileNameOf(file)} />
            ))}
          </Group>
        )}
        <ScrollArea
          h={300}
          type="auto"
          viewportRef={list}
          viewportProps={{ tabIndex: 0, 'aria-label': words.contents }}
        >
          {listing.folders.map((entry) => (
            <Entry
              key={entry.folder}
              icon={<IconFolder size={16} />}
              label={entry.name}
              beside={insides.get(entry.folder)}
              onClick={() => onGo(entry.folder)}
            />
          ))}
          {choose === 'model' &&
            listing.models.map((model) => (
              <Entry
                key={model.file}
                icon={<IconCube size={16} />}
                label={model.name}
                onClick={() => onChoose(model.file)}
              />
            ))}
          {choose === 'source' &&
            listing.sources.map((source) => (
              <Entry
                key={source.file}
                icon={<IconFileStack size={16} />}
                label={source.name}
                onClick={() => onChoose(source.file)}
              />
            ))}
          {listing.unopenable.map((name) => (
            <NavLink
              key={name}
              component="button"
              type="button"
              disabled
              leftSection={<IconFolderOff size={16} />}
              label={name}
              description={words.unopenable}
            />
          ))}
          {listing.folders.length === 0 && listing.unopenable.length === 0 && (
            <Text size="sm" c="dimmed" p="xs">
              {words.empty}
            </Text>
          )}
        </ScrollArea>
      </Stack>
    </Group>
  );
}

/** What is in each sub-folder, once it is known. */
function useInsides(folder: string): ReadonlyMap<string, string> {
  const { data = [] } = useQuery({
    queryKey: ['folders', 'insides', folder],
    queryFn: ({ signal }) => read(api.folders.insides.$get({ query: { folder } }, { init: { signal } })),
    staleTime: 0,
    retry: false,
  });
  const { inside } = text.shell.folders;
  return new Map(data.map(({ folder: inner, images, folders, more }) => [inner, inside(images, folders, more)]));
}

function pictureAt(file: string): string {
  return `/api/folders/picture?file=${encodeURIComponent(file)}`;
}

function Entry({
  icon,
  label,
  beside,
  onClick,
}: {
  readonly icon: React.ReactNode;
  readonly label: string;
  /** Details about it. */
  readonly beside?: string | undefined;
  readonly onClick: () => void;
}) {
  return (
    <NavLink
      component="button"
      type="button"
      leftSection={icon}
      label={label}
      {...(beside === undefined ? {} : { rightSection: <Beside text={beside} /> })}
      onClick={onClick}
      style={{ borderRadius: 8 }}
    />
  );
}

function Beside({ text: said }: { readonly text: string }) {
  return (
    <Text size="xs" c="dimmed" aria-hidden>
      {said}
    </Text>
  );
}

function NewFolder({ parent, onMade }: { readonly parent: string; readonly onMade: (folder: string) => void }) {
  const [name, setName] = useState<string | null>(null);
  const make = useMutation({
    mutationFn: (folder: string) => read(api.folders.$post({ json: { folder } })),
    onSuccess: ({ folder }) => {
      setName(null);
      onMade(folder);
    },
  });
  if (name === null) {
    return (
      <Button variant="subtle" leftSection={<IconFolderPlus size={16} />} onClick={() => setName('')}>
        {text.shell.folders.create}
      </Button>
    );
  }
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() !== '') make.mutate(`${parent}/${name.trim()}`);
  };
  return (
    <form onSubmit={submit}>
      <TextInput
        aria-label={text.shell.folders.createName}
        placeholder={text.shell.folders.createName}
        value={name}
        onChange={({ currentTarget }) => setName(currentTarget.value)}
        error={make.error?.message}
        onKeyDown={({ key }) => key === 'Escape' && setName(null)}
        {...OWN_ESCAPE}
        data-autofocus
      />
    </form>
  );
}
