/** Train or import the teacher, watch it learn, and compare several teachers. */
import { Accordion, Alert, Button, Card, Skeleton, Text } from '@mantine/core';
import { IconFileImport } from '@tabler/icons-react';
import { useState } from 'react';
import { Link } from 'wouter';
import { FolderPicker } from '../../components/folder-picker.tsx';
import { ViewFrame } from '../../components/view-frame.tsx';
import {
  isEnded,
  newestTraining,
  useEstimate,
  useJobs,
  useRecipe,
  useRuns,
  useUseTeacher,
} from '../../queries/run-queries.ts';
import { text } from '../../text/en.ts';
import { BeginningNote } from '../../training/beginning-note.tsx';
import { BringFile } from '../../training/bring-file.tsx';
import { DoItAll } from '../../training/do-it-all.tsx';
import { ModelsDialog } from '../../training/models-dialog.tsx';
import { type RecipeChoice, useRecipeChoice, withoutSide } from '../../training/recipe-choice.ts';
import { RunCurves } from '../../training/run-curves.tsx';
import { TrainingJob } from '../../training/training-job.tsx';
import { TrainingStart } from '../../training/training-start.tsx';

const OWN_RECIPE: RecipeChoice = { recipe: null, changes: {} };
/** Even if the recipe names a teacher that was brought or chosen. */
const A_NEW_ONE = { 'teacher.run': null } as const;

export function TeacherView({ projectId }: { readonly projectId: string }) {
  const words = text.training.teacher;
  const runs = useRuns(projectId);
  const jobs = useJobs();
  const [importing, setImporting] = useState(false);
  const [choice, setChoice] = useRecipeChoice(projectId);
  const { view } = useRecipe(projectId, choice);
  const own = useEstimate(projectId, 'teacher', OWN_RECIPE);
  const [finding, setFinding] = useState(false);
  const [file, setFile] = useState<string | null>(null);
  const use = useUseTeacher(projectId);
  const dropTeacher = () => setChoice(withoutSide('teacher', choice));
  const job = newestTraining(jobs.data ?? [], projectId);
  const teachers = (runs.data ?? []).filter(({ role }) => role === 'teacher');
  const ready = teachers.some(({ hasModel }) => hasModel);
  return (
    <ViewFrame
      title={words.title}
      lead={words.lead}
      actions={
        ready && (
          <Button component={Link} href={`/projects/${projectId}/scoring`} variant="default">
            {words.next}
          </Button>
        )
      }
    >
      {job && job.state !== 'succeeded' && job.state !== 'cancelled' && <TrainingJob job={job} projectId={projectId} />}
      {runs.error && <Alert color="red">{runs.error.message}</Alert>}
      {runs.isPending && <Skeleton height={220} />}
      {teachers.length > 0 && (
        <RunCurves
          projectId={projectId}
          runs={teachers}
          tone="teacher"
          first={3}
          inUse={own.data?.stages[0]?.runId}
          onUse={(runId) => use.mutate(runId, { onSuccess: dropTeacher })}
        />
      )}
      {use.error && <Alert color="red">{use.error.message}</Alert>}
      {runs.data && teachers.length === 0 && (
        <Card withBorder radius="md" padding="lg">
          <Text>{words.emptyRuns}</Text>
        </Card>
      )}
      {view?.unfit === null && (job === undefined || isEnded(job)) && <Whole projectId={projectId} />}
      {view && <BeginningNote beginning={view.beginning} onFind={() => setFinding(true)} />}
      <TrainingStart
        projectId={projectId}
        scope="teacher"
        goal="teacher"
        label={words.train}
        always={A_NEW_ONE}
        busy={job !== undefined && !isEnded(job)}
        beside={
          <>
            <Button
              variant="default"
              size="md"
              leftSection={<IconFileImport size={16} aria-hidden="true" />}
              onClick={() => setImporting(true)}
            >
              {words.import}
            </Button>
            <Button variant="default" size="md" onClick={() => setFinding(true)}>
              {text.training.bring.models}
            </Button>
          </>
        }
      />
      <FolderPicker
        opened={importing}
        title={words.importTitle}
        choose="model"
        onClose={() => setImporting(false)}
        onChoose={(chosen) => {
          setImporting(false);
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
        side="teacher"
        file={file}
        onClose={() => setFile(null)}
        onBrought={dropTeacher}
      />
    </ViewFrame>
  );
}

/** The whole method instead of the teacher alone. Nothing is measured for it before it is opened. */
function Whole({ projectId }: { readonly projectId: string }) {
  const [opened, setOpened] = useState<string | null>(null);
  return (
    <Accordion variant="separated" chevronPosition="left" value={opened} onChange={setOpened}>
      <Accordion.Item value="whole">
        <Accordion.Control>{text.training.efforts.instead}</Accordion.Control>
        <Accordion.Panel>{opened && <DoItAll projectId={projectId} primary={false} />}</Accordion.Panel>
      </Accordion.Item>
    </Accordion>
  );
}
