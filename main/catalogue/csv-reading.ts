/**
 * How a CSV file that somebody else made is read. What parts its cells is seen in its first line, and nothing else of it is
 * guessed: DuckDB would take a quote that is not closed for a letter, a line that begins with # for a comment, and lines of
 * different lengths for cells with commas in them.
 */
import { open } from 'node:fs/promises';
import { at } from '../at.ts';
import { ExpectedFailure } from '../failure.ts';
import { literal } from './database.ts';

export class TableUnreadable extends ExpectedFailure {}

const DELIMITERS = [',', ';', '\t', '|'] as const;
const LONGEST_LINE_BYTES = 1_000_000;

/** An SQL table expression of texts, its first line among them. Throws `TableUnreadable`. */
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
    // As spreadsheets write “Unicode text”: two bytes a letter, which they say at the beginning.
    if (/^(fffe|feff)/.test(bytes.subarray(0, 2).toString('hex'))) {
      throw new TableUnreadable(`${path} is text in UTF-16: save it as CSV in UTF-8.`);
    }
    const end = bytes.findIndex((byte) => byte === 0x0a || byte === 0x0d);
    return bytes.subarray(0, end < 0 ? bytesRead : end).toString('utf8');
  } finally {
    await file.close();
  }
}

/** The one that the line has most often outside quotes; a comma in a line of one cell. */
function delimiterOf(line: string): string {
  const bare = line.replaceAll(/"(?:[^"]|"")*"?/g, '');
  const counts = DELIMITERS.map((delimiter) => bare.split(delimiter).length);
  return at(DELIMITERS, counts.indexOf(Math.max(...counts)));
}

/** What DuckDB says of a table that it cannot read, in a few words of a person. */
export function whyUnreadable(message: string): string {
  const [first = ''] = message.split('\n');
  // What follows are DuckDB's guesses, of everything that may be.
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
