/** Plain-text tables in aligned columns; the first row holds the headings. */
import { at } from './at.ts';

type Row = readonly string[];

interface TableSpace {
  /** The longest line allowed; a wider table is printed with one line per cell. */
  readonly columns: number;
  /** Spaces between columns. */
  readonly gap: number;
}

/** The first column is left-aligned, all others right-aligned. */
export function textTable(rows: readonly Row[], { columns, gap }: TableSpace): string {
  const lengthOf = (cell: string) => [...cell].length;
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => lengthOf(at(row, column))))) ?? [];
  const padding = (cell: string, column: number) => ' '.repeat(Math.max(0, at(widths, column) - lengthOf(cell)));
  const line = (row: Row) =>
    row
      .map((cell, column) => (column === 0 ? cell + padding(cell, column) : padding(cell, column) + cell))
      .join(' '.repeat(gap));
  const lines = rows.map((row) => `  ${line(row)}`.trimEnd());
  return lines.some((text) => lengthOf(text) > columns) ? list(rows) : lines.join('\n');
}

function list([head = [], ...rows]: readonly Row[]): string {
  const lines = rows.flatMap(([first = '', ...cells]) => [
    `  ${first}`,
    ...cells.flatMap((cell, index) => (cell === '' ? [] : [`    ${at(head, index + 1)} ${cell}`])),
  ]);
  return lines.join('\n');
}
