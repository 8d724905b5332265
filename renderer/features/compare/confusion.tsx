/**
 * The confusion matrix as a table whose cells open their images, and the most confused pairs as a list. A table and no chart:
 * it is read by screen readers and worked by keys as it is. The shade only repeats the number.
 */
import { Anchor, Table, Text, Title, UnstyledButton } from '@mantine/core';
import { at } from '../../../main/at.ts';
import { formatCount } from '../../format.ts';
import { text } from '../../text/en.ts';
import { type Confusion, confusedPairs, sideBySide, worstClasses } from './confusions.ts';

const words = text.compare;
const MOST_SHADE_PERCENT = 45;
/** A table of more cells is neither read nor drawn quickly. */
const MOST_CLASSES = 20;
const MOST_PAIRS = 8;

interface ConfusionProps {
  readonly names: readonly string[];
  readonly confusion: Confusion;
  readonly onCell: (trueClass: number, predictedClass: number) => void;
}

export function ConfusionMatrix({ names, confusion, onCell }: ConfusionProps) {
  const shown = worstClasses(confusion, MOST_CLASSES);
  const ordered = shown.length < names.length ? sideBySide(confusion, shown) : shown;
  return (
    <section aria-labelledby="confusion">
      <Title order={2} id="confusion">
        {words.confusion}
      </Title>
      <Pairs names={names} confusion={confusion} onCell={onCell} />
      {shown.length < names.length && (
        <Text size="sm" c="dimmed" mb="xs">
          {words.part(shown.length, names.length)}
        </Text>
      )}
      <Table.ScrollContainer
        minWidth={400}
        scrollAreaProps={{ viewportProps: { tabIndex: 0, 'aria-label': words.confusion } }}
      >
        <Table withTableBorder w="auto">
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{words.class}</Table.Th>
              {ordered.map((predicted) => (
                <Table.Th key={predicted} scope="col">
                  {names[predicted]}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {ordered.map((trueClass) => (
              <Row
                key={trueClass}
                names={names}
                confusion={confusion}
                shown={ordered}
                row={trueClass}
                onCell={onCell}
              />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </section>
  );
}

interface RowProps extends ConfusionProps {
  readonly shown: readonly number[];
  readonly row: number;
}

function Row({ names, confusion, onCell, shown, row }: RowProps) {
  const counts = at(confusion, row);
  const images = Math.max(
    1,
    counts.reduce((sum, count) => sum + count, 0),
  );
  return (
    <Table.Tr>
      <Table.Th scope="row">{names[row]}</Table.Th>
      {shown.map((predicted) => {
        const count = at(counts, predicted);
        return (
          <Table.Td key={predicted} ta="center" p={0} style={{ background: shade(count / images, row === predicted) }}>
            <UnstyledButton
              w="100%"
              p="6px 10px"
              ta="center"
              disabled={count === 0}
              style={count === 0 ? { color: 'var(--quiet)' } : {}}
              aria-label={words.cell(at(names, row), at(names, predicted), count)}
              onClick={() => onCell(row, predicted)}
            >
              {formatCount(count)}
            </UnstyledButton>
          </Table.Td>
        );
      })}
    </Table.Tr>
  );
}

function Pairs({ names, confusion, onCell }: ConfusionProps) {
  const pairs = confusedPairs(confusion, MOST_PAIRS);
  return (
    <>
      <Title order={3} size="h5">
        {words.pairs}
      </Title>
      {pairs.length === 0 && <Text size="sm">{words.noPairs}</Text>}
      <ol style={{ marginBlock: '0 16px', paddingInlineStart: '1.4em' }}>
        {pairs.map(({ trueClass, predictedClass, count, share }) => (
          <li key={`${trueClass}-${predictedClass}`}>
            <Anchor component="button" type="button" size="sm" onClick={() => onCell(trueClass, predictedClass)}>
              {words.pair(at(names, trueClass), at(names, predictedClass))}
            </Anchor>{' '}
            <Text span size="sm" c="dimmed">
              {words.pairCount(count, share)}
            </Text>
          </li>
        ))}
      </ol>
    </>
  );
}

function shade(share: number, right: boolean): string {
  const percent = Math.round(MOST_SHADE_PERCENT * share);
  return `color-mix(in srgb, var(--${right ? 'student' : 'bad'}) ${percent}%, transparent)`;
}
