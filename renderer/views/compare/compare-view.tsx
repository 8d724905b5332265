/** All models on the held-out images: figures, classes, confusion, and the images behind them. */
import { Button, NativeSelect, SegmentedControl, Table, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import type { EvaluatedModel, EvaluationQuery, EvaluationView } from '../../../main/api/contract.ts';
import { api, read } from '../../client.ts';
import { EmptyState, QueryState } from '../../components/state-message.tsx';
import { ViewFrame } from '../../components/view-frame.tsx';
import { formatCount, formatPercent } from '../../format.ts';
import { text } from '../../text/en.ts';
import { Confusion } from './confusion.tsx';
import { EvaluatedImages } from './evaluated-images.tsx';

const words = text.compare;
const project = api.projects[':project'];

export function CompareView({ projectId }: { readonly projectId: string }) {
  const evaluations = useQuery({
    queryKey: ['project', projectId, 'runs', 'evaluations'],
    queryFn: () => read(project.evaluations.$get({ param: { project: projectId } })),
  });
  return (
    <ViewFrame title={words.title} lead={words.lead}>
      <QueryState query={evaluations}>
        {([newest]) =>
          newest ? (
            <Newest projectId={projectId} runId={newest.runId} />
          ) : (
            <EmptyState
              message={words.empty}
              action={
                <Button component={Link} href={`/projects/${projectId}/student`}>
                  {words.toStudent}
                </Button>
              }
            />
          )
        }
      </QueryState>
    </ViewFrame>
  );
}

function Newest({ projectId, runId }: { readonly projectId: string; readonly runId: string }) {
  const evaluation = useQuery({
    queryKey: ['project', projectId, 'runs', 'evaluation', runId],
    queryFn: () => read(project.evaluations[':run'].$get({ param: { project: projectId, run: runId } })),
  });
  return <QueryState query={evaluation}>{(view) => <Compared projectId={projectId} view={view} />}</QueryState>;
}

function Compared({ projectId, view }: { readonly projectId: string; readonly view: EvaluationView }) {
  const [model, setModel] = useState<EvaluatedModel>(view.models.at(-1)?.model ?? 'teacher');
  const [query, setQuery] = useState<EvaluationQuery>({ kind: 'gains' });
  const shown = view.models.find((one) => one.model === model)?.evaluation;
  return (
    <>
      <Models view={view} />
      <NativeSelect
        w={240}
        label={words.shownModel}
        value={model}
        onChange={({ currentTarget }) => setModel(currentTarget.value as EvaluatedModel)}
        data={view.models.map((one) => ({ value: one.model, label: words.models[one.model] }))}
      />
      {shown && (
        <>
          <Classes view={view} model={model} />
          <Confusion
            names={view.classNames}
            confusion={shown.confusion}
            onCell={(trueClass, predictedClass) => setQuery({ kind: 'cell', model, trueClass, predictedClass })}
          />
        </>
      )}
      <section aria-labelledby="evaluated-images">
        <Title order={2} id="evaluated-images">
          {words.look}
        </Title>
        <SegmentedControl
          mb="sm"
          aria-label={words.look}
          value={query.kind}
          onChange={(kind) =>
            setQuery(kind === 'mistakes' ? { kind, model } : { kind: kind === 'losses' ? kind : 'gains' })
          }
          data={(['gains', 'losses', 'mistakes'] as const).map((value) => ({ value, label: words.looks[value] }))}
        />
        <EvaluatedImages projectId={projectId} view={view} query={query} model={model} />
      </section>
    </>
  );
}

function Models({ view }: { readonly view: EvaluationView }) {
  const { columns } = words;
  return (
    <Table.ScrollContainer
      minWidth={620}
      scrollAreaProps={{ viewportProps: { tabIndex: 0, 'aria-label': words.title } }}
    >
      <Table>
        <Table.Thead>
          <Table.Tr>
            {[columns.model, columns.top1, columns.interval, columns.top5, columns.against].map((name) => (
              <Table.Th key={name}>{name}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {view.models.map(({ model, evaluation }) => {
            const difference = view.differences.find((one) => one.model === model)?.difference;
            return (
              <Table.Tr key={model}>
                <Table.Th scope="row" style={{ color: `var(--${model === 'teacher' ? 'teacher' : 'student'})` }}>
                  {model === 'teacher' ? '■' : '●'} {words.models[model]}
                </Table.Th>
                <Table.Td fw={650}>{formatPercent(evaluation.top1)}</Table.Td>
                <Table.Td>{words.interval(evaluation.top1Interval)}</Table.Td>
                <Table.Td>{formatPercent(evaluation.top5)}</Table.Td>
                <Table.Td>{difference ? words.difference(difference.difference, difference.interval) : '–'}</Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Classes({ view, model }: { readonly view: EvaluationView; readonly model: EvaluatedModel }) {
  const metrics = view.models.find((one) => one.model === model)?.evaluation.classes ?? [];
  return (
    <section aria-labelledby="by-class">
      <Title order={2} id="by-class">
        {words.classes}
      </Title>
      <Table>
        <Table.Thead>
          <Table.Tr>
            {[words.class, words.images, words.precision, words.recall, words.f1].map((name) => (
              <Table.Th key={name}>{name}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {metrics.map(({ images, precision, recall, f1 }, output) => (
            <Table.Tr key={view.classIds[output]}>
              <Table.Th scope="row">{view.classNames[output]}</Table.Th>
              <Table.Td>{formatCount(images)}</Table.Td>
              <Table.Td>{formatPercent(precision)}</Table.Td>
              <Table.Td>{formatPercent(recall)}</Table.Td>
              <Table.Td>{formatPercent(f1)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}
