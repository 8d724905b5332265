/** All models on the held-out images: figures, classes, confusion, the images behind them, and the models' origins. */
import { Button, Group, NativeSelect, SegmentedControl, Text, Title } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { Link, useSearchParams } from 'wouter';
import type { EvaluatedModel, EvaluationQuery, EvaluationView, ModelRole } from '../../../main/api/contract.ts';
import { at } from '../../../main/at.ts';
import { api, read } from '../../client.ts';
import { ShowInFileManager } from '../../components/show-in-file-manager.tsx';
import { EmptyState, QueryState } from '../../components/state-message.tsx';
import { ViewFrame } from '../../components/view-frame.tsx';
import { formatDate } from '../../format.ts';
import { text } from '../../text/en.ts';
import { DeleteRun } from '../../training/delete-run.tsx';
import { TrainAgain } from '../../training/train-again.tsx';
import { Changes } from './changes.tsx';
import { ClassMetrics } from './class-metrics.tsx';
import { ConfusionMatrix } from './confusion.tsx';
import { EvaluatedImages } from './evaluated-images.tsx';
import { Lineage } from './lineage.tsx';
import { ModelsTable } from './models-table.tsx';

const words = text.compare;
const project = api.projects[':project'];

export function CompareView({ projectId }: { readonly projectId: string }) {
  const [search, setSearch] = useSearchParams();
  const evaluations = useQuery({
    queryKey: ['project', projectId, 'runs', 'evaluations'],
    queryFn: () => read(project.evaluations.$get({ param: { project: projectId } })),
  });
  return (
    <ViewFrame title={words.title} lead={words.lead}>
      <QueryState query={evaluations}>
        {(all) => {
          const chosen = all.find(({ runId }) => runId === search.get('evaluation')) ?? all[0];
          if (!chosen) return <NothingCompared projectId={projectId} />;
          return (
            <>
              <Group align="flex-end" gap="sm">
                {all.length > 1 && (
                  <NativeSelect
                    w={320}
                    label={words.evaluation}
                    value={chosen.runId}
                    onChange={({ currentTarget }) => setSearch({ evaluation: currentTarget.value })}
                    data={all.map(({ runId, finishedAt }, place) => ({
                      value: runId,
                      label: words.evaluations(formatDate(finishedAt), place === 0),
                    }))}
                  />
                )}
                <DeleteComparison key={`delete ${chosen.runId}`} projectId={projectId} {...chosen} />
              </Group>
              <Chosen
                key={chosen.runId}
                projectId={projectId}
                runId={chosen.runId}
                before={all[all.indexOf(chosen) + 1]?.runId ?? null}
              />
            </>
          );
        }}
      </QueryState>
    </ViewFrame>
  );
}

/** Deletes it with its answers on the held-out images; the models stay. */
function DeleteComparison(props: { readonly projectId: string; readonly runId: string; readonly finishedAt: string }) {
  const [asking, setAsking] = useState(false);
  const title = words.comparisonOf(formatDate(props.finishedAt));
  return (
    <>
      <Button variant="subtle" color="gray" size="compact-sm" ml="auto" onClick={() => setAsking(true)}>
        {words.deleteThis}
      </Button>
      {asking && (
        <DeleteRun projectId={props.projectId} run={{ id: props.runId, title }} close={() => setAsking(false)} />
      )}
    </>
  );
}

function NothingCompared({ projectId }: { readonly projectId: string }) {
  return (
    <EmptyState
      message={words.empty}
      action={
        <Button component={Link} href={`/projects/${projectId}/student`}>
          {words.toStudent}
        </Button>
      }
    />
  );
}

interface ChosenProps {
  readonly projectId: string;
  readonly runId: string;
  /** The comparison before it; null if it is the first. */
  readonly before: string | null;
}

function Chosen({ projectId, runId, before }: ChosenProps) {
  const evaluation = useQuery({
    queryKey: ['project', projectId, 'runs', 'evaluation', runId],
    queryFn: () => read(project.evaluations[':run'].$get({ param: { project: projectId, run: runId } })),
  });
  return (
    <QueryState query={evaluation}>
      {(view) => <Compared projectId={projectId} view={view} before={before} />}
    </QueryState>
  );
}

interface ComparedProps extends Pick<ChosenProps, 'projectId' | 'before'> {
  readonly view: EvaluationView;
}

function Compared({ projectId, view, before }: ComparedProps) {
  const [model, setModel] = useState<EvaluatedModel>(view.models.at(-1)?.model ?? 'teacher');
  const as = (role: ModelRole) => view.models.find((one) => one.role === role)?.model;
  const result = as('result');
  const pair = as('teacher') !== undefined && result !== undefined;
  const [query, setQuery] = useState<EvaluationQuery>(pair ? { kind: 'gains' } : { kind: 'mistakes', model });
  const images = useRef<HTMLHeadingElement>(null);
  const shown = view.models.find((one) => one.model === model);
  const choose = (next: EvaluatedModel) => {
    setModel(next);
    if ('model' in query) setQuery({ ...query, model: next });
  };
  const showCell = (trueClass: number, predictedClass: number) => {
    setQuery({ kind: 'cell', model, trueClass, predictedClass });
    images.current?.focus();
    images.current?.scrollIntoView({ block: 'start' });
  };
  return (
    <>
      <ModelsTable view={view} />
      {view.reportFile !== null && (
        <Group gap="sm">
          <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
            {words.report(view.reportFile)}
          </Text>
          <ShowInFileManager path={view.reportFile} />
        </Group>
      )}
      <TrainAgain projectId={projectId} beside />
      {before !== null && <Changes projectId={projectId} before={before} after={view.runId} />}
      <NativeSelect
        w={260}
        label={words.shownModel}
        value={model}
        onChange={({ currentTarget }) => choose(currentTarget.value as EvaluatedModel)}
        data={view.models.map((one) => ({ value: one.model, label: words.models[one.model] }))}
      />
      {shown && (
        <>
          <ClassMetrics view={view} model={model} />
          {shown.evaluation.several === undefined && (
            <ConfusionMatrix names={view.classNames} confusion={shown.evaluation.confusion} onCell={showCell} />
          )}
        </>
      )}
      <section aria-labelledby="evaluated-images">
        <Title order={2} id="evaluated-images" ref={images} tabIndex={-1}>
          {words.look}
        </Title>
        <Questions view={view} pair={pair} model={model} query={query} onQuery={setQuery} />
        <EvaluatedImages
          projectId={projectId}
          view={view}
          query={query}
          model={query.kind === 'gains' || query.kind === 'losses' ? (result ?? model) : model}
        />
      </section>
      {shown?.runId && (
        <section aria-labelledby="lineage">
          <Title order={2} id="lineage">
            {text.lineage.title}
          </Title>
          <Text size="sm" c="dimmed" mb="xs">
            {words.models[model]}. {text.lineage.lead}
          </Text>
          <Lineage projectId={projectId} runId={shown.runId} />
        </section>
      )}
    </>
  );
}

interface QuestionsProps {
  readonly view: EvaluationView;
  /** There are a teacher and a student to compare. */
  readonly pair: boolean;
  readonly model: EvaluatedModel;
  readonly query: EvaluationQuery;
  readonly onQuery: (query: EvaluationQuery) => void;
}

function Questions({ view, pair, model, query, onQuery }: QuestionsProps) {
  const narrow = useMediaQuery('(max-width: 760px)') ?? false;
  const kinds = pair ? (['gains', 'losses', 'mistakes'] as const) : (['mistakes'] as const);
  const cell =
    query.kind === 'cell'
      ? [
          {
            value: 'cell',
            label: words.pair(at(view.classNames, query.trueClass), at(view.classNames, query.predictedClass)),
          },
        ]
      : [];
  return (
    <Group mb="sm">
      <SegmentedControl
        orientation={narrow ? 'vertical' : 'horizontal'}
        aria-label={words.look}
        value={query.kind}
        onChange={(kind) => {
          if (kind === 'mistakes') onQuery({ kind, model });
          else if (kind === 'gains' || kind === 'losses') onQuery({ kind });
        }}
        data={[...kinds.map((value) => ({ value, label: words.looks[value] })), ...cell]}
      />
    </Group>
  );
}
