/**
 * The most confused pairs as a list, and the confusion matrix as a table whose cells open their images: screen readers and the
 * keyboard can use it directly, and the shade only repeats the number. Many classes are shown as a picture beside a part of the
 * table.
 */
import { Anchor, Button, Table, Text, Title, UnstyledButton } from '@mantine/core';
import { useMemo, useState } from 'react';
import { at } from '../../../main/at.ts';
import { formatCount } from '../../format.ts';
import { text } from '../../text/en.ts';
import { ConfusionMap } from './confusion-map.tsx';
import { type Cell, type Confusion, confusedPairs, sideBySide, windowAround } from './confusions.ts';

const words = text.compare;
const MOST_SHADE_PERCENT = 45;
/** A table with more cells is slow to read and to draw. */
const MOST_CLASSES = 20;
/** The number of classes in the table beside the picture of all. */
const AROUND = 12;
const FIRST_PAIRS = 8;
const MORE_PAIRS = 40;

interface ConfusionProps {
  readonly names: readonly string[];
  readonly confusion: Confusion;
  readonly onCell: (trueClass: number, predictedClass: number) => void;
}

export function ConfusionMatrix(props: ConfusionProps) {
  const { names, confusion } = props;
  return (
    <section aria-labelledby="confusion">
      <Title order={2} id="confusion">
        {words.confusion}
      </Title>
      <Pairs {...props} />
      {names.length > MOST_CLASSES ? (
        <ManyClasses key={names.length} {...props} />
      ) : (
        <Cells {...props} rows={[...confusion.keys()]} columns={[...confusion.keys()]} />
      )}
    </section>
  );
}

/** All of it as a picture, and the cells around the active one as a table. */
function ManyClasses({ names, confusion, onCell }: ConfusionProps) {
  const order = useMemo(() => sideBySide(confusion, [...confusion.keys()]), [confusion]);
  const [active, setActive] = useState<Cell>(() => worstCell(confusion, order));
  const around = (place: number) => {
    const { first, end } = windowAround(place, AROUND, order.length);
    return order.slice(first, end);
  };
  return (
    <>
      <ConfusionMap
        names={names}
        confusion={confusion}
        order={order}
        active={active}
        onActive={setActive}
        onOpen={onCell}
      />
      <Cells
        names={names}
        confusion={confusion}
        rows={around(active.row)}
        columns={around(active.column)}
        onCell={onCell}
      />
    </>
  );
}

function worstCell(confusion: Confusion, order: readonly number[]): Cell {
  const [worst] = confusedPairs(confusion, 1);
  return worst
    ? { row: order.indexOf(worst.trueClass), column: order.indexOf(worst.predictedClass) }
    : { row: 0, column: 0 };
}

interface CellsProps extends ConfusionProps {
  readonly rows: readonly number[];
  readonly columns: readonly number[];
}

function Cells({ names, confusion, rows, columns, onCell }: CellsProps) {
  return (
    <Table.ScrollContainer
      minWidth={400}
      scrollAreaProps={{ viewportProps: { tabIndex: 0, 'aria-label': words.confusion } }}
    >
      <Table withTableBorder w="auto">
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{words.class}</Table.Th>
            {columns.map((predicted) => (
              <Table.Th key={predicted} scope="col">
                {names[predicted]}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((trueClass) => (
            <Row key={trueClass} names={names} confusion={confusion} shown={columns} row={trueClass} onCell={onCell} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
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
  const [most, setMost] = useState(FIRST_PAIRS);
  // One more, to know whether there are more.
  const found = confusedPairs(confusion, most + 1);
  const pairs = found.slice(0, most);
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
      {found.length > most && (
        <Button size="compact-sm" variant="default" mb="sm" onClick={() => setMost(most + MORE_PAIRS)}>
          {words.morePairs}
        </Button>
      )}
    </>
  );
}

function shade(share: number, right: boolean): string {
  const percent = Math.round(MOST_SHADE_PERCENT * share);
  return `color-mix(in srgb, var(--${right ? 'student' : 'bad'}) ${percent}%, transparent)`;
}
