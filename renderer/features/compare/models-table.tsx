/** All models side by side: figures, and their intervals drawn on one axis. */
import { Table, Text } from '@mantine/core';
import type { EvaluationView } from '../../../main/api/contract.ts';
import { formatPercent } from '../../format.ts';
import { text } from '../../text/en.ts';
import { percentAxis, symmetricAxis } from './axis.ts';
import { IntervalBar } from './interval-bar.tsx';

const words = text.compare;

export function ModelsTable({ view }: { readonly view: EvaluationView }) {
  const { columns } = words;
  const calibrated = view.models.some(({ evaluation }) => evaluation.calibration);
  const several = view.models.some(({ evaluation }) => evaluation.several);
  const shares = percentAxis(view.models.map(({ evaluation }) => measureOf(evaluation).interval));
  const differences = symmetricAxis(view.differences.map(({ difference }) => difference.interval));
  return (
    <Table.ScrollContainer
      minWidth={860}
      scrollAreaProps={{ viewportProps: { tabIndex: 0, 'aria-label': words.title } }}
    >
      <Table aria-label={words.title}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{columns.model}</Table.Th>
            <Table.Th scope="col">{several ? columns.meanAveragePrecision : columns.top1}</Table.Th>
            <Table.Th scope="col">
              {columns.interval}
              <Scale of={words.scale(...shares)} />
            </Table.Th>
            <Table.Th scope="col">{several ? columns.microF1 : columns.top5}</Table.Th>
            {calibrated && <Table.Th scope="col">{columns.calibration}</Table.Th>}
            <Table.Th scope="col">
              {columns.against}
              {view.differences.length > 0 && <Scale of={words.pointScale(differences[1])} />}
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {view.models.map(({ model, role, title, evaluation }) => {
            const tone = role === 'teacher' ? 'teacher' : 'student';
            const measure = measureOf(evaluation);
            const difference = view.differences.find((one) => one.model === model)?.difference;
            return (
              <Table.Tr key={model}>
                <Table.Th scope="row" style={{ color: `var(--${tone})` }}>
                  {role === 'teacher' ? '■' : '●'} {words.models[model]}
                  <Text size="xs" c="dimmed" fw={400}>
                    {title}
                  </Text>
                </Table.Th>
                <Table.Td fw={650}>{formatPercent(measure.value)}</Table.Td>
                <Table.Td>
                  <IntervalBar value={measure.value} interval={measure.interval} axis={shares} tone={tone} />
                  {words.interval(measure.interval)}
                </Table.Td>
                <Table.Td>{formatPercent(evaluation.several?.microF1 ?? evaluation.top5)}</Table.Td>
                {calibrated && <Table.Td>{calibrationText(evaluation)}</Table.Td>}
                <Table.Td>
                  {difference ? (
                    <>
                      <IntervalBar
                        value={difference.difference}
                        interval={difference.interval}
                        axis={differences}
                        tone={tone}
                        mark={0}
                      />
                      {words.difference(difference.difference, difference.interval)}
                    </>
                  ) : (
                    '–'
                  )}
                </Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

/** The metric by which models are compared. */
function measureOf({ top1, top1Interval, several }: EvaluationView['models'][number]['evaluation']) {
  return several
    ? { value: several.meanAveragePrecision, interval: several.interval }
    : { value: top1, interval: top1Interval };
}

function calibrationText({ calibration }: EvaluationView['models'][number]['evaluation']): string {
  if (!calibration) return '–';
  const { error, temperature } = calibration;
  return words.calibration(error.before, error.after, temperature);
}

function Scale({ of }: { readonly of: string }) {
  return (
    <Text size="xs" c="dimmed" fw={400}>
      {of}
    </Text>
  );
}
