/** Train the student: its selection, pre-training and fine-tuning on one axis, and its accuracy against the teacher's. */
import { Alert, Button, Card, Group, Skeleton, Text } from '@mantine/core';
import { IconFileImport } from '@tabler/icons-react';
import { useState } from 'react';
import { Link } from 'wouter';
import type { RunInfo } from '../../../main/api/contract.ts';
import { FolderPicker } from '../../components/folder-picker.tsx';
import { ViewFrame } from '../../components/view-frame.tsx';
import { isEnded, newestTraining, useJobs, useRuns } from '../../queries/run-queries.ts';
import { text } from '../../text/en.ts';
import { BringFile } from '../../training/bring-file.tsx';
import { ModelsDialog } from '../../training/models-dialog.tsx';
import { useRecipeChoice, withoutSide } from '../../training/recipe-choice.ts';
import { RunCurves } from '../../training/run-curves.tsx';
import { TrainingJob } from '../../training/training-job.tsx';
import { TrainingStart } from '../../training/training-start.tsx';
import { BalanceSummary } from './balance-summary.tsx';

/** A training is drawn after the one that it continues. */
function trainingBefore({ continues }: RunInfo): string | undefined {
  return continues ?? undefined;
}

export function StudentView({ projectId }: { readonly projectId: string }) {
  const words = text.training.student;
  const runs = useRuns(projectId);
  const jobs = useJobs();
  const [choosing, setChoosing] = useState(false);
  const [finding, setFinding] = useState(false);
  const [file, setFile] = useState<string | null>(null);
  const [choice, setChoice] = useRecipeChoice(projectId);
  const job = newestTraining(jobs.data ?? [], projectId);
  const all = runs.data ?? [];
  const students = all.filter(({ role, side }) => role !== null && side === 'student');
  const top1 = (role: RunInfo['role']) =>
    all.find((run) => run.role === role && run.heldOutTop1 !== null)?.heldOutTop1 ?? null;
  const finished = top1('result');
  return (
    <ViewFrame
      title={words.title}
      lead={words.lead}
      actions={
        finished !== null && (
          <Button component={Link} href={`/projects/${projectId}/compare`} variant="default">
            {words.compare}
          </Button>
        )
      }
    >
      {finished !== null && (
        <Card withBorder radius="md" padding="md" component="section" aria-label={words.againstTeacher}>
          <Group gap="sm">
            <Text fw={600}>{words.done(finished, top1('teacher'))}</Text>
          </Group>
        </Card>
      )}
      {job && job.state !== 'succeeded' && job.state !== 'cancelled' && <TrainingJob job={job} projectId={projectId} />}
      {runs.error && <Alert color="red">{runs.error.message}</Alert>}
      {runs.isPending && <Skeleton height={220} />}
      {students.length > 0 && (
        <RunCurves projectId={projectId} runs={students} tone="student" first={3} afterOf={trainingBefore} />
      )}
      <BalanceSummary projectId={projectId} />
      <TrainingStart
        projectId={projectId}
        scope="student"
        goal="evaluate"
        label={words.start}
        busy={job !== undefined && !isEnded(job)}
        beside={
          <>
            <Button
              variant="default"
              size="md"
              leftSection={<IconFileImport size={16} aria-hidden="true" />}
              onClick={() => setChoosing(true)}
            >
              {words.bring}
            </Button>
            <Button variant="default" size="md" onClick={() => setFinding(true)}>
              {text.training.bring.models}
            </Button>
          </>
        }
      />
      <FolderPicker
        opened={choosing}
        title={text.training.bring.choose}
        choose="model"
        onClose={() => setChoosing(false)}
        onChoose={(chosen) => {
          setChoosing(false);
          setFile(chosen);
        }}
      />
      <ModelsDialog
        projectId={projectId}
        opened={finding}
        onClose={() => setFinding(false)}
        onChoose={(chosen) => {
          setFinding(false);
          setFile(chosen);
        }}
      />
      <BringFile
        projectId={projectId}
        side="student"
        file={file}
        onClose={() => setFile(null)}
        onBrought={() => setChoice(withoutSide('student', choice))}
      />
    </ViewFrame>
  );
}
