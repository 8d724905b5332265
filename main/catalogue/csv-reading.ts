/**
 * How CSV files from elsewhere are read. The delimiter is detected from the first line, and nothing else is guessed:
 * DuckDB would take an unclosed quote for a letter, a line starting with # for a comment, and lines of different
 * lengths for cells that contain commas.
 */
import { open } from 'node:fs/promises';
import { at } from '../at.ts';
import { ExpectedFailure } from '../failure.ts';
import { literal } from './database.ts';

export class TableUnreadable extends ExpectedFailure {}

const DELIMITERS = [',', ';', '\t', '|'] as const;
const LONGEST_LINE_BYTES = 1_000_000;

/** An SQL table expression of text columns, including the first line. Throws `TableUnreadable`. */
export async function csvReading(path: string): Promise<string> {
  const line = await firstLine(path);
  const options = [
    'all_varchar = true',
    'header = false',
    `delim = ${literal(delimiterOf(line))}`,
    `quote = '"', escape = '"', comment = '', skip = 0`,
    `max_line_size = ${LONGEST_LINE_BYTES}`,
  ];
  return `read_csv(${literal(path)}, ${options.join(', ')})`;
}

async function firstLine(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(LONGEST_LINE_BYTES), 0, LONGEST_LINE_BYTES, 0);
    const bytes = buffer.subarray(0, bytesRead);
    // “Unicode text” as spreadsheets save it: two bytes per character, announced by a byte-order mark.
    if (/^(fffe|feff)/.test(bytes.subarray(0, 2).toString('hex'))) {
      throw new TableUnreadable(`${path} is text in UTF-16: save it as CSV in UTF-8.`);
    }
    const end = bytes.findIndex((byte) => byte === 0x0a || byte === 0x0d);
    return bytes.subarray(0, end < 0 ? bytesRead : end).toString('utf8');
  } finally {
    await file.close();
  }
}

/** The delimiter that occurs most often outside quotes; a comma if the line has only one cell. */
function delimiterOf(line: string): string {
  const bare = line.replaceAll(/"(?:[^"]|"")*"?/g, '');
  const counts = DELIMITERS.map((delimiter) => bare.split(delimiter).length);
  return at(DELIMITERS, counts.indexOf(Math.max(...counts)));
}

/** DuckDB's reason for not reading a table, in a few plain words. */
export function whyUnreadable(message: string): string {
  const [first = ''] = message.split('\n');
  // The rest of the message lists every option that DuckDB tried.
  if (/sniffing/.test(first)) return 'its lines have different numbers of cells, or a quote is not closed';
  const line = /CSV Error on Line: (\d+)/.exec(first)?.[1];
  const place = line === undefined ? '' : `line ${line}: `;
  const [, wanted, found] = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(message) ?? [];
  if (wanted !== undefined) return `${place}${found} cells, where the lines before have ${wanted}`;
  if (/unterminated quote/.test(message)) return `${place}a quote is not closed`;
  if (/not utf-8|unicode/i.test(message)) return `${place}not in UTF-8`;
  if (/Maximum line size/i.test(message)) return `${place}longer than a megabyte`;
  return first.replace(/^(Invalid Input|IO|Conversion|Binder|Parser|Out of Range) Error: /, '').slice(0, 200);
}
