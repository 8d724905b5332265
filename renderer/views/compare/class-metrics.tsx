/** How well a model does class by class. */
import { Table, Title } from '@mantine/core';
import type { EvaluatedModel, EvaluationView } from '../../../main/api/contract.ts';
import { formatCount, formatPercent } from '../../format.ts';
import { text } from '../../text/en.ts';

const words = text.compare;
const TALLEST_PX = 480;

export function ClassMetrics({ view, model }: { readonly view: EvaluationView; readonly model: EvaluatedModel }) {
  const metrics = view.models.find((one) => one.model === model)?.evaluation.classes ?? [];
  return (
    <section aria-labelledby="by-class">
      <Title order={2} id="by-class">
        {words.classes}
      </Title>
      <Table.ScrollContainer
        minWidth={420}
        maxHeight={TALLEST_PX}
        scrollAreaProps={{ viewportProps: { tabIndex: 0, 'aria-label': words.classes } }}
      >
        <Table stickyHeader>
          <Table.Thead>
            <Table.Tr>
              {[words.class, words.images, words.precision, words.recall, words.f1].map((name) => (
                <Table.Th key={name} scope="col">
                  {name}
                </Table.Th>
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
      </Table.ScrollContainer>
    </section>
  );
}
