import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { csvLine, saveCsv } from '../../../main/catalogue/csv.ts';
import { Database, literal } from '../../../main/catalogue/database.ts';

const folder = mkdtempSync(join(tmpdir(), 'understudy-csv-'));
let database: Database;
beforeAll(async () => {
  database = await Database.open(':memory:');
});
afterAll(() => {
  database.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The same cell as written by `csvLine` and by the database. */
async function both(text: string): Promise<string[]> {
  const path = join(folder, 'one.csv');
  await saveCsv(database, `SELECT ${literal(text)} AS a, -0.5::FLOAT AS b, -3 AS c`, path);
  return [`a,b,c\n${csvLine([text, -0.5, -3])}`, readFileSync(path, 'utf8')];
}

describe.each([
  ['=1+1', "'=1+1"],
  ['+1', "'+1"],
  ['-1', "'-1"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ["=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"],
  ['\t=1', "'\t=1"],
  ['\r=1', '"\'\r=1"'],
  ['\n=1', '"\'\n=1"'],
  ['＝1＋1', "'＝1＋1"],
  ['=1,"2"', '"\'=1,""2"""'],
  ['cat', 'cat'],
  ['new\nline', '"new\nline"'],
  ['a,b "q"', '"a,b ""q"""'],
  ["o'brien", "o'brien"],
  ['1', '1'],
])('a text %j', (text, cell) => {
  it('computes nothing in a spreadsheet, and numbers stay numbers', async () => {
    for (const written of await both(text)) expect(written).toBe(`a,b,c\n${cell},-0.5,-3\n`);
  });
});

it('keeps the order of the query over many rows', async () => {
  const path = join(folder, 'many.csv');
  await saveCsv(
    database,
    "SELECT 'n' || (range * 7919) % 400009 AS name FROM range(400009) ORDER BY (range * 7919) % 400009",
    path,
  );
  const names = readFileSync(path, 'utf8').split('\n').slice(1, -1);
  expect(names).toHaveLength(400_009);
  expect(names.findIndex((name, place) => name !== `n${place}`)).toBe(-1);
});
