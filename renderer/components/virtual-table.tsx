/**
 * A table of any number of rows of equal height: only those in sight are in the document; empty rows fill the place of the
 * others.
 */
import { Table } from '@mantine/core';
import type { ReactNode } from 'react';
import { useLookScale } from './look-scale.ts';
import { useRowsInSight } from './rows-in-sight.ts';

const HEAD_PX = 37;

interface VirtualTableProps {
  readonly 'aria-label': string;
  /** The cells of the head's one row. */
  readonly head?: ReactNode;
  readonly columns: number;
  readonly total: number;
  readonly rowPx: number;
  readonly mostPx: number;
  readonly minWidthPx: number;
  /** A `Table.Tr` of this height. */
  renderRow(index: number, row: { readonly height: number }): ReactNode;
}

export function VirtualTable(props: VirtualTableProps) {
  const { total, columns, renderRow } = props;
  const scale = useLookScale();
  const rowPx = scale * props.rowPx;
  const { viewport, first, end, onScroll } = useRowsInSight(
    total,
    rowPx,
    -1,
    props.head === undefined ? 0 : scale * HEAD_PX,
  );
  const held = (rows: number) =>
    rows > 0 && (
      <tr aria-hidden style={{ blockSize: rows * rowPx, border: 0 }}>
        <td colSpan={columns} />
      </tr>
    );
  return (
    <section
      ref={viewport}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what is scrolled is scrolled by key.
      tabIndex={0}
      aria-label={props['aria-label']}
      style={{ maxBlockSize: scale * props.mostPx, overflow: 'auto', overflowAnchor: 'none' }}
      onScroll={onScroll}
    >
      <Table
        stickyHeader
        verticalSpacing={4}
        aria-label={props['aria-label']}
        aria-rowcount={total}
        miw={props.minWidthPx}
        style={{ fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap' }}
      >
        {props.head !== undefined && (
          <Table.Thead>
            <Table.Tr>{props.head}</Table.Tr>
          </Table.Thead>
        )}
        <Table.Tbody>
          {held(first)}
          {Array.from({ length: Math.max(0, end - first) }, (_, offset) =>
            // The component library gives a row's height in rem, which scales by itself.
            renderRow(first + offset, { height: props.rowPx }),
          )}
          {held(total - end)}
        </Table.Tbody>
      </Table>
    </section>
  );
}
