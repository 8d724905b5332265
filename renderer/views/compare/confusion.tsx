/** The confusion matrix as a table whose cells open their images. The shade only repeats the number. */
import { Table, Title, UnstyledButton } from '@mantine/core';
import { formatCount } from '../../format.ts';
import { text } from '../../text/en.ts';

const words = text.compare;
const MOST_SHADE_PERCENT = 45;

interface ConfusionProps {
  readonly names: readonly string[];
  readonly confusion: readonly (readonly number[])[];
  readonly onCell: (trueClass: number, predictedClass: number) => void;
}

export function Confusion({ names, confusion, onCell }: ConfusionProps) {
  return (
    <section aria-labelledby="confusion">
      <Title order={2} id="confusion">
        {words.confusion}
      </Title>
      <Table.ScrollContainer
        minWidth={400}
        scrollAreaProps={{ viewportProps: { tabIndex: 0, 'aria-label': words.confusion } }}
      >
        <Table withTableBorder w="auto">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{words.class}</Table.Th>
              {names.map((name) => (
                <Table.Th key={name}>{name}</Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {confusion.map((row, trueClass) => {
              const images = Math.max(
                1,
                row.reduce((sum, count) => sum + count, 0),
              );
              return (
                <Table.Tr key={names[trueClass]}>
                  <Table.Th scope="row">{names[trueClass]}</Table.Th>
                  {row.map((count, predicted) => (
                    <Table.Td
                      key={names[predicted]}
                      ta="center"
                      style={{ background: shade(count / images, trueClass === predicted) }}
                    >
                      <UnstyledButton
                        p={4}
                        disabled={count === 0}
                        aria-label={words.cell(names[trueClass] ?? '', names[predicted] ?? '', count)}
                        onClick={() => onCell(trueClass, predicted)}
                      >
                        {formatCount(count)}
                      </UnstyledButton>
                    </Table.Td>
                  ))}
                </Table.Tr>
              );
            })}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </section>
  );
}

function shade(share: number, right: boolean): string {
  const percent = Math.round(MOST_SHADE_PERCENT * share);
  return `color-mix(in srgb, var(--${right ? 'student' : 'bad'}) ${percent}%, transparent)`;
}
