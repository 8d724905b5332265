/** Classifying with any model of the project, and exporting models, predictions and selections. */
import { Alert, Button, Card, Group, NativeSelect, Stack, Title } from '@mantine/core';
import { useState } from 'react';
import type { ExportFormat, Job, RunInfo } from '../../../main/api/contract.ts';
import { FolderPicker } from '../../components/folder-picker.tsx';
import { ShowInFileManager } from '../../components/show-in-file-manager.tsx';
import { EmptyState, FailureState, QueryState } from '../../components/state-message.tsx';
import { ViewFrame } from '../../components/view-frame.tsx';
import { Writes } from '../../components/writing.tsx';
import { formatBytes, formatDate } from '../../format.ts';
import { isEnded, useJobs, useRuns } from '../../queries/run-queries.ts';
import { text } from '../../text/en.ts';
import { TrainingJob } from '../../training/training-job.tsx';
import { Classified } from './classified-images.tsx';
import { DropZone } from './drop-zone.tsx';
import { useClassifyFiles, useClassifyFolder, useExport } from './use-queries.ts';

const words = text.use;
export function UseView({ projectId }: { readonly projectId: string }) {
  const runs = useRuns(projectId);
  const { data: allJobs = [] } = useJobs();
  const jobs = allJobs.filter((job) => job.projectId === projectId);
  return (
    <ViewFrame title={words.title} lead={words.lead}>
      <QueryState query={runs}>
        {(all) => {
          const usable = all.filter(({ state }) => state === 'succeeded');
          if (usable.length === 0) return <EmptyState message={words.empty} />;
          const models = usable.filter(({ hasModel }) => hasModel).toSorted(studentFirst);
          return (
            <>
              <Classify projectId={projectId} models={models} jobs={jobs} />
              <Export projectId={projectId} runs={usable} jobs={jobs} />
            </>
          );
        }}
      </QueryState>
    </ViewFrame>
  );
}

/** The student first, as the result of the method; then the newest. */
function studentFirst(a: RunInfo, b: RunInfo): number {
  return Number(b.role === 'result') - Number(a.role === 'result');
}

interface PartProps {
  readonly projectId: string;
  readonly jobs: readonly Job[];
}

function Classify({ projectId, models, jobs }: PartProps & { readonly models: readonly RunInfo[] }) {
  const [wanted, setWanted] = useState('');
  const [asking, setAsking] = useState(false);
  const folder = useClassifyFolder(projectId);
  const files = useClassifyFiles(projectId);
  const runId = models.find(({ id }) => id === wanted)?.id ?? models[0]?.id;
  const error = folder.error ?? files.error;
  return (
    <>
      <Card withBorder radius="md" padding="lg" component="section" aria-labelledby="classify">
        <Stack gap="sm">
          <Title order={2} id="classify">
            {words.classifyHeading}
          </Title>
          <RunSelect label={words.model} runs={models} value={runId} onChoose={setWanted} />
          <DropZone
            disabled={runId === undefined}
            busy={files.isPending}
            onFiles={(chosen) => runId !== undefined && files.mutate({ runId, files: chosen })}
          >
            <Writes>
              <Button disabled={runId === undefined} loading={folder.isPending} onClick={() => setAsking(true)}>
                {words.classify}
              </Button>
            </Writes>
          </DropZone>
          {error && <FailureState error={error} />}
          <Outcomes projectId={projectId} jobs={jobs.filter(({ kind }) => kind === 'classify')} />
          <Classified projectId={projectId} jobs={jobs} />
        </Stack>
      </Card>
      <FolderPicker
        opened={asking}
        title={words.classifyTitle}
        choose="folder"
        onClose={() => setAsking(false)}
        onChoose={(chosen) => {
          if (runId !== undefined) folder.mutate({ runId, folder: chosen });
          setAsking(false);
        }}
      />
    </>
  );
}

function Export({ projectId, runs, jobs }: PartProps & { readonly runs: readonly RunInfo[] }) {
  const [wantedRun, setWantedRun] = useState('');
  const [wanted, setWanted] = useState<ExportFormat>('onnx');
  const [asking, setAsking] = useState(false);
  const exported = useExport(projectId);
  const run = runs.find(({ id }) => id === wantedRun) ?? runs.toSorted(studentFirst)[0];
  const formats = run ? run.exports : [];
  const format = formats.includes(wanted) ? wanted : formats[0];
  return (
    <Card withBorder radius="md" padding="lg" component="section" aria-labelledby="export">
      <Stack gap="sm">
        <Title order={2} id="export">
          {words.exportHeading}
        </Title>
        <Group align="flex-end">
          <RunSelect label={words.run} runs={runs} value={run?.id} onChoose={setWantedRun} />
          <NativeSelect
            label={words.format}
            value={format ?? ''}
            onChange={({ currentTarget }) => setWanted(currentTarget.value as ExportFormat)}
            data={formats.map((value) => ({ value, label: words.formats[value] }))}
          />
          <Button variant="default" disabled={!format} loading={exported.isPending} onClick={() => setAsking(true)}>
            {words.export}
          </Button>
        </Group>
        {exported.error && <FailureState error={exported.error} />}
        <Outcomes projectId={projectId} jobs={jobs.filter(({ kind }) => kind === 'export')} />
      </Stack>
      <FolderPicker
        opened={asking}
        title={words.exportTitle}
        choose="folder"
        onClose={() => setAsking(false)}
        onChoose={(folder) => {
          if (run && format) exported.mutate({ runId: run.id, format, folder });
          setAsking(false);
        }}
      />
    </Card>
  );
}

interface RunSelectProps {
  readonly label: string;
  readonly runs: readonly RunInfo[];
  readonly value: string | undefined;
  readonly onChoose: (runId: string) => void;
}

function RunSelect({ label, runs, value, onChoose }: RunSelectProps) {
  return (
    <NativeSelect
      maw={640}
      label={label}
      value={value ?? ''}
      onChange={({ currentTarget }) => onChoose(currentTarget.value)}
      data={runs.map(({ id, stage, title, finishedAt }) => ({
        value: id,
        label: `${text.training.stages[stage]} · ${title}${finishedAt ? ` · ${formatDate(finishedAt)}` : ''}`,
      }))}
    />
  );
}

/** Jobs in progress, and the last one that ended; all others are on the Jobs screen. */
function Outcomes({ projectId, jobs }: PartProps) {
  return jobs.flatMap((job, place) => {
    if (!isEnded(job)) return [<TrainingJob key={job.id} job={job} projectId={projectId} />];
    const { result } = job;
    if (place > 0) return [];
    if (job.state === 'failed') {
      return [
        <Alert key={job.id} color="red">
          {job.reason}
        </Alert>,
      ];
    }
    if (result?.kind !== 'exported') return [];
    return [
      <Alert key={job.id} color="green">
        {words.written(result.file, formatBytes(result.bytes))}
        <ShowInFileManager path={result.file} />
      </Alert>,
    ];
  });
}
