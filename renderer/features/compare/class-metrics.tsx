/** A model's metrics, class by class. */
import { Table, Title } from '@mantine/core';
import type { EvaluatedModel, EvaluationView } from '../../../main/api/contract.ts';
import { at } from '../../../main/at.ts';
import { VirtualTable } from '../../components/virtual-table.tsx';
import { formatCount, formatPercent } from '../../format.ts';
import { text } from '../../text/en.ts';

const words = text.compare;
const TALLEST_PX = 480;
const ROW_PX = 33;

export function ClassMetrics({ view, model }: { readonly view: EvaluationView; readonly model: EvaluatedModel }) {
  const evaluation = view.models.find((one) => one.model === model)?.evaluation;
  const metrics = evaluation?.classes ?? [];
  const several = evaluation?.several?.classes;
  const names: string[] = [words.class, words.images, words.precision, words.recall, words.f1];
  if (several) names.push(words.averagePrecision, words.threshold);
  return (
    <section aria-labelledby="by-class">
      <Title order={2} id="by-class">
        {words.classes}
      </Title>
      <VirtualTable
        aria-label={words.classes}
        columns={names.length}
        total={metrics.length}
        rowPx={ROW_PX}
        mostPx={TALLEST_PX}
        minWidthPx={several ? 620 : 420}
        head={names.map((name) => (
          <Table.Th key={name} scope="col">
            {name}
          </Table.Th>
        ))}
        renderRow={(output, { height }) => {
          const { images, precision, recall, f1 } = at(metrics, output);
          return (
            <Table.Tr key={view.classIds[output]} h={height}>
              <Table.Th scope="row">{view.classNames[output]}</Table.Th>
              <Table.Td>{formatCount(images)}</Table.Td>
              <Table.Td>{images === 0 ? '–' : formatPercent(precision)}</Table.Td>
              <Table.Td>{images === 0 ? '–' : formatPercent(recall)}</Table.Td>
              <Table.Td>{images === 0 ? '–' : formatPercent(f1)}</Table.Td>
              {several && <SeveralCells {...at(several, output)} />}
            </Table.Tr>
          );
        }}
      />
    </section>
  );
}

/** Where images may have several classes. */
function SeveralCells({
  averagePrecision,
  threshold,
}: {
  readonly averagePrecision: number | null;
  readonly threshold: number;
}) {
  return (
    <>
      <Table.Td>{averagePrecision === null ? '–' : formatPercent(averagePrecision)}</Table.Td>
      <Table.Td>{threshold.toFixed(2)}</Table.Td>
    </>
  );
}
