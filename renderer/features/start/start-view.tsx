/** The first screen: recent projects, a new one, one from disk, the sample. */
import { ActionIcon, Button, Card, Group, NumberInput, Radio, Stack, Text, TextInput, Title } from '@mantine/core';
import { IconFolderOpen, IconPlus, IconSparkles, IconX } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import type { Job, LabelSetting, ShownProject, StartInfo } from '../../../main/api/contract.ts';
import { MOST_CLIP_FRAMES, USUAL_CLIP_FRAMES } from '../../../main/sample-shape.ts';
import { api, read } from '../../client.ts';
import { Dialog } from '../../components/dialog.tsx';
import { FolderPicker } from '../../components/folder-picker.tsx';
import { PlainPicture } from '../../components/plain-picture.tsx';
import { ShowInFileManager } from '../../components/show-in-file-manager.tsx';
import { FailureState, QueryState } from '../../components/state-message.tsx';
import { formatDate } from '../../format.ts';
import { useRecentProjects } from '../../queries/recent-queries.ts';
import { isEnded, useJobs } from '../../queries/run-queries.ts';
import { text } from '../../text/en.ts';
import { shareDone } from '../../training/job-share.ts';
import { TrainingJob } from '../../training/training-job.tsx';
import styles from './start-view.module.css';

const words = text.shell.start;
const FACE_PX = 96;
const CONTENTS = ['pictures', 'clips'] as const;
const LABELS = ['one', 'several'] as const satisfies readonly LabelSetting[];

export function StartView() {
  const start = useRecentProjects();
  const [asking, setAsking] = useState<'create' | 'open' | null>(null);
  const enter = useEnter();
  const open = useMutation({
    mutationFn: (folder: string) => read(api.projects.open.$post({ json: { folder } })),
    onSuccess: enter,
  });
  return (
    <Stack gap="xl" p={{ base: 'md', md: 'xl' }} maw={960} mx="auto">
      <div>
        <Title order={1}>{words.title}</Title>
        <Text c="dimmed" maw={640} mt="xs">
          {words.lead}
        </Text>
      </div>
      <Group>
        <Sample />
        <Button variant="default" leftSection={<IconPlus size={18} />} onClick={() => setAsking('create')}>
          {words.create}
        </Button>
        <Button variant="default" leftSection={<IconFolderOpen size={18} />} onClick={() => setAsking('open')}>
          {words.open}
        </Button>
      </Group>
      {open.error && <FailureState error={open.error} />}
      <QueryState query={start}>
        {(info) => (
          <>
            <Recents info={info} onOpen={(folder) => open.mutate(folder)} />
            <NewProject info={info} opened={asking === 'create'} onClose={() => setAsking(null)} />
          </>
        )}
      </QueryState>
      <FolderPicker
        opened={asking === 'open'}
        title={words.openTitle}
        choose="folder"
        onClose={() => setAsking(null)}
        onChoose={(folder) => {
          setAsking(null);
          open.mutate(folder);
        }}
      />
    </Stack>
  );
}

function useEnter() {
  const [, navigate] = useLocation();
  return ({ id }: { readonly id: string }) => navigate(`/projects/${id}/collection`);
}

function Sample() {
  const enter = useEnter();
  const jobs = useJobs();
  const open = useMutation({
    mutationFn: () => read(api.sample.open.$post()),
    onSuccess: ({ project, ready }) => {
      if (ready) enter(project);
    },
  });
  const drawing = open.data?.job && jobs.data?.find(({ id }) => id === open.data.job?.id);
  const ready = drawing?.state === 'succeeded' ? open.data?.project : undefined;
  useEffect(() => {
    if (ready) enter(ready);
  });
  return (
    <>
      <Button leftSection={<IconSparkles size={18} />} loading={open.isPending} onClick={() => open.mutate()}>
        {words.sample}
      </Button>
      {open.error && <FailureState error={open.error} />}
      {drawing && <TrainingJob job={drawing} projectId={open.data?.project.id ?? ''} />}
    </>
  );
}

function Recents({ info, onOpen }: { readonly info: StartInfo; readonly onOpen: (folder: string) => void }) {
  if (info.recents.length === 0) return <Text c="dimmed">{words.noRecent}</Text>;
  return (
    <section aria-labelledby="recent">
      <Title order={2} id="recent">
        {words.recent}
      </Title>
      <Stack gap="xs" mt="xs">
        {info.recents.map((recent) => (
          <Recent key={recent.folder} recent={recent} onOpen={onOpen} />
        ))}
      </Stack>
    </section>
  );
}

/** The work in progress for it; waiting work counts as well. */
function underWay(jobs: readonly Job[], projectId: string): readonly Job[] {
  return jobs.filter((job) => job.projectId === projectId && !isEnded(job));
}

function Recent({ recent, onOpen }: { readonly recent: ShownProject; readonly onOpen: (folder: string) => void }) {
  const { data: jobs = [] } = useJobs();
  const queries = useQueryClient();
  const forget = useMutation({
    mutationFn: () => read(api.projects.forget.$post({ json: { folder: recent.folder } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['start'] }),
  });
  return (
    <Card withBorder padding="sm">
      <Group justify="space-between" wrap="nowrap">
        <div style={{ minWidth: 0, overflowWrap: 'anywhere' }}>
          <Button variant="transparent" px={0} disabled={!recent.present} onClick={() => onOpen(recent.folder)}>
            {recent.name}
          </Button>
          <Text size="sm" c="dimmed">
            {recent.folder} · {recent.present ? formatDate(recent.openedAt) : words.missing}
          </Text>
          {recent.accuracy && <Text size="sm">{words.accuracy(recent.accuracy.top1, recent.accuracy.interval)}</Text>}
          {underWay(jobs, recent.id).map((job) => (
            <Text key={job.id} size="sm" fw={600} role="status">
              {words.underWay(job.title, text.training.job.states[job.state], job.progress && shareDone(job.progress))}
            </Text>
          ))}
          <Faces recent={recent} onOpen={() => onOpen(recent.folder)} />
          {recent.present && <ShowInFileManager path={recent.folder} of={recent.name} />}
        </div>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={words.forget(recent.name)}
          onClick={() => forget.mutate()}
        >
          <IconX size={16} />
        </ActionIcon>
      </Group>
    </Card>
  );
}

interface FacesProps {
  readonly recent: ShownProject;
  readonly onOpen: () => void;
}

/** A few of its pictures, to recognise it by. They open the project like its name, which is the keyboard's target. */
function Faces({ recent: { id, pictures, present }, onOpen }: FacesProps) {
  if (pictures === 0) return null;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the name above is the button.
    // biome-ignore lint/a11y/noStaticElementInteractions: as above.
    <div className={styles.faces} data-opens={present} onClick={present ? onOpen : undefined}>
      {Array.from({ length: pictures }, (_, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a picture is its place.
        <PlainPicture key={place} src={`/api/recents/${id}/pictures/${place}`} boxPx={FACE_PX} alt="" />
      ))}
    </div>
  );
}

interface NewProjectProps {
  readonly info: StartInfo;
  readonly opened: boolean;
  readonly onClose: () => void;
}

function NewProject({ info, opened, onClose }: NewProjectProps) {
  const enter = useEnter();
  const [name, setName] = useState('');
  const [parent, setParent] = useState(info.projectsFolder);
  const [browsing, setBrowsing] = useState(false);
  const [labels, setLabels] = useState<LabelSetting>('one');
  const [holds, setHolds] = useState<(typeof CONTENTS)[number]>('pictures');
  const [clipFrames, setClipFrames] = useState<number>(USUAL_CLIP_FRAMES);
  const create = useMutation({
    mutationFn: () =>
      read(
        api.projects.create.$post({
          json: {
            ...{ folder: `${parent}/${name.trim()}`, name: name.trim(), labels },
            ...(holds === 'clips' ? { clipFrames } : {}),
          },
        }),
      ),
    onSuccess: enter,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() !== '') create.mutate();
  };
  return (
    <Dialog
      opened={opened}
      onClose={onClose}
      title={words.create}
      closeButtonProps={{ 'aria-label': text.shell.cancel }}
    >
      <form onSubmit={submit}>
        <Stack gap="sm">
          <TextInput
            label={words.name}
            value={name}
            onChange={({ currentTarget }) => setName(currentTarget.value)}
            data-autofocus
            required
          />
          <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
            {parent}/{name.trim()}
          </Text>
          <Text size="sm" c="dimmed">
            {words.createHint}
          </Text>
          <Choice
            label={words.holds}
            values={CONTENTS}
            value={holds}
            onChange={setHolds}
            names={words.contents}
            hints={words.contentHints}
          />
          {holds === 'clips' && (
            <NumberInput
              label={words.clipFrames}
              description={words.clipFramesHint}
              value={clipFrames}
              onChange={(value) => setClipFrames(Number(value))}
              min={1}
              max={MOST_CLIP_FRAMES}
              allowDecimal={false}
              required
            />
          )}
          <Choice
            label={words.labels}
            values={LABELS}
            value={labels}
            onChange={setLabels}
            names={words.labelKinds}
            hints={words.labelHints}
          />
          <Text size="sm" c="dimmed">
            {words.saidOnce}
          </Text>
          {create.error && <FailureState error={create.error} />}
          <Group justify="space-between">
            <Button variant="default" onClick={() => setBrowsing(true)}>
              {words.createTitle}
            </Button>
            <Button type="submit" loading={create.isPending}>
              {words.create}
            </Button>
          </Group>
        </Stack>
      </form>
      <FolderPicker
        opened={browsing}
        title={words.createTitle}
        choose="folder"
        onClose={() => setBrowsing(false)}
        onChoose={(folder) => {
          setBrowsing(false);
          setParent(folder);
        }}
      />
    </Dialog>
  );
}

interface ChoiceProps<Value extends string> {
  readonly label: string;
  readonly values: readonly Value[];
  readonly value: Value;
  readonly onChange: (value: Value) => void;
  readonly names: Readonly<Record<Value, string>>;
  readonly hints: Readonly<Record<Value, string>>;
}

function Choice<Value extends string>({ label, values, value, onChange, names, hints }: ChoiceProps<Value>) {
  return (
    <Radio.Group label={label} value={value} onChange={(chosen) => onChange(chosen as Value)}>
      <Stack gap={4} mt={4}>
        {values.map((one) => (
          <Radio key={one} value={one} label={names[one]} description={hints[one]} />
        ))}
      </Stack>
    </Radio.Group>
  );
}
