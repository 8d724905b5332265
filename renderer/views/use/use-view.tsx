/** Classifying a folder with any model of the project, and taking models, predictions and selections elsewhere. */
import { Alert, Button, Group, NativeSelect } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { ExportFormat, Job, RunInfo } from '../../../main/api/contract.ts';
import { api, read } from '../../client.ts';
import { FolderPicker } from '../../components/folder-picker.tsx';
import { EmptyState, FailureState, QueryState } from '../../components/state-message.tsx';
import { TrainingJob } from '../../components/training-job.tsx';
import { ViewFrame } from '../../components/view-frame.tsx';
import { formatBytes, formatDate } from '../../format.ts';
import { text } from '../../text/en.ts';
import { isEnded, newestFirst, useJobs, useRuns } from '../../training/queries.ts';
import { ClassifiedTable } from './classified-table.tsx';

const words = text.use;
const MODEL_FORMATS: readonly ExportFormat[] = ['onnx', 'checkpoint', 'predictionsCsv', 'predictionsParquet'];
const FORMATS: Readonly<Partial<Record<RunInfo['stage'], readonly ExportFormat[]>>> = {
  teacher: MODEL_FORMATS,
  supervised: MODEL_FORMATS,
  pretrain: MODEL_FORMATS,
  finetune: MODEL_FORMATS,
  label: ['predictionsCsv', 'predictionsParquet'],
  evaluate: ['predictionsCsv', 'predictionsParquet'],
  select: ['selectionCsv', 'selectionParquet'],
};

export function UseView({ projectId }: { readonly projectId: string }) {
  const runs = useRuns(projectId);
  return (
    <ViewFrame title={words.title} lead={words.lead}>
      <QueryState query={runs}>
        {(all) => {
          const usable = newestFirst(all.filter(({ state }) => state === 'succeeded'));
          return usable.length === 0 ? (
            <EmptyState message={words.empty} />
          ) : (
            <Uses projectId={projectId} runs={usable} />
          );
        }}
      </QueryState>
    </ViewFrame>
  );
}

function Uses({ projectId, runs }: { readonly projectId: string; readonly runs: readonly RunInfo[] }) {
  const [runId, setRunId] = useState(runs.find(({ hasModel }) => hasModel)?.id ?? runs[0]?.id ?? '');
  const run = runs.find(({ id }) => id === runId);
  const formats = (run && FORMATS[run.stage]) ?? [];
  const [wanted, setWanted] = useState<ExportFormat>('onnx');
  const format = formats.includes(wanted) ? wanted : formats[0];
  const [asking, setAsking] = useState<'classify' | 'export' | null>(null);
  const param = { project: projectId, run: runId };
  const classify = useMutation({
    mutationFn: (folder: string) =>
      read(api.projects[':project'].runs[':run']['classify-folder'].$post({ param, json: { folder } })),
  });
  const exported = useMutation({
    mutationFn: (folder: string) =>
      read(
        api.projects[':project'].runs[':run'].export.$post({ param, json: { folder, format: format ?? 'checkpoint' } }),
      ),
  });
  const error = classify.error ?? exported.error;
  return (
    <>
      <Group align="flex-end">
        <NativeSelect
          label={words.run}
          value={runId}
          onChange={({ currentTarget }) => setRunId(currentTarget.value)}
          data={runs.map(({ id, stage, title, finishedAt }) => ({
            value: id,
            label: `${text.training.stages[stage]} · ${title}${finishedAt ? ` · ${formatDate(finishedAt)}` : ''}`,
          }))}
        />
        <Button disabled={!run?.hasModel} loading={classify.isPending} onClick={() => setAsking('classify')}>
          {words.classify}
        </Button>
        <NativeSelect
          label={words.format}
          value={format ?? ''}
          onChange={({ currentTarget }) => setWanted(currentTarget.value as ExportFormat)}
          data={formats.map((value) => ({ value, label: words.formats[value] }))}
        />
        <Button variant="default" disabled={!format} loading={exported.isPending} onClick={() => setAsking('export')}>
          {words.export}
        </Button>
      </Group>
      {error && <FailureState error={error} />}
      <Outcomes projectId={projectId} />
      <FolderPicker
        opened={asking !== null}
        title={asking === 'export' ? words.exportTitle : words.classifyTitle}
        choose="folder"
        onClose={() => setAsking(null)}
        onChoose={(folder) => {
          (asking === 'export' ? exported : classify).mutate(folder);
          setAsking(null);
        }}
      />
    </>
  );
}

function Outcomes({ projectId }: { readonly projectId: string }) {
  const { data: jobs = [] } = useJobs();
  const own = jobs.filter((job) => job.projectId === projectId && (job.kind === 'classify' || job.kind === 'export'));
  return own.map((job) => <Outcome key={job.id} projectId={projectId} job={job} />);
}

function Outcome({ projectId, job }: { readonly projectId: string; readonly job: Job }) {
  const { result } = job;
  if (!isEnded(job)) return <TrainingJob job={job} projectId={projectId} />;
  if (job.state === 'failed') return <Alert color="red">{job.reason}</Alert>;
  if (result?.kind === 'exported') {
    return <Alert color="green">{words.written(result.file, formatBytes(result.bytes))}</Alert>;
  }
  if (result?.kind === 'classified') {
    return <ClassifiedTable projectId={projectId} classificationId={result.classificationId} title={job.title} />;
  }
  return null;
}
