import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Database } from '../../../main/catalogue/database.ts';
import { openTableFile, readingTable } from '../../../main/catalogue/table-file.ts';

let folder: string;
let database: Database;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'understudy-tables-'));
  database = await Database.inMemory();
});

afterAll(async () => {
  database.close();
  await rm(folder, { recursive: true });
});

async function read(content: string | Buffer, encoding: BufferEncoding = 'utf8') {
  const path = join(folder, 'table.csv');
  await writeFile(path, content, encoding);
  const table = await openTableFile(database, path, (cells) => cells.some((cell) => cell === 'path'));
  const rows = await readingTable(path, () => database.rows(`SELECT * FROM ${table.sql}`));
  return rows.map((row) => Object.values(row));
}

const many = Array.from({ length: 30_000 }, (_, index) => `${index}.jpg,bird\n`).join('');

it.each<[string, string, string]>([
  ['a quote that is not closed', 'path,label\n"a.jpg,bird\nb.jpg,cat\n', 'numbers of cells, or a quote is not closed'],
  ['one far below', `path,label\n${many}"a.jpg,bird\n`, 'line 30002: a quote is not closed'],
  ['a cell too many', 'path,label\na.jpg,bird\nb.jpg,bird,x\n', 'different numbers of cells'],
  ['one far below', `path,label\n${many}b.jpg,bird,x\n`, 'line 30002: 3 cells, where the lines before have 2'],
])('is refused for %s', async (_, content, why) => {
  await expect(read(content)).rejects.toThrow(why);
});

it('is refused in Latin-1 and in UTF-16', async () => {
  await expect(read('path,label\né.jpg,bird\n', 'latin1')).rejects.toThrow('not in UTF-8');
  await expect(read('\uFEFFpath,label\na.jpg,bird\n', 'utf16le')).rejects.toThrow('is text in UTF-16: save it as CSV');
});

it.each<[string, string]>([
  ['commas', 'path,label\n#1.jpg,bird\n"a, b.jpg","the ""big"" one"\n'],
  ['semicolons', 'path;label\n#1.jpg;bird\n"a, b.jpg";"the ""big"" one"\n'],
  ['tabs', 'path\tlabel\n#1.jpg\tbird\na, b.jpg\t"the ""big"" one"\n'],
  ['the line ends of Windows', 'path,label\r\n#1.jpg,bird\r\n"a, b.jpg","the ""big"" one"\r\n'],
  ['a mark of UTF-8', '\uFEFFpath,label\n#1.jpg,bird\n"a, b.jpg","the ""big"" one"\n'],
  ['empty lines', 'path,label\n#1.jpg,bird\n\n"a, b.jpg","the ""big"" one"\n\n'],
])('is read with %s, every row of it', async (_, content) => {
  expect(await read(content)).toEqual([
    ['#1.jpg', 'bird'],
    ['a, b.jpg', 'the "big" one'],
  ]);
});

it('is read with a single column, whatever its cells hold', async () => {
  expect(await read('path\na.jpg\nb;c.jpg\n')).toEqual([['a.jpg'], ['b;c.jpg']]);
});
