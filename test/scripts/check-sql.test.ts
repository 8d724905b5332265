import { describe, expect, test } from 'vitest';
import { sqlIn } from '../../scripts/check-sql.mjs';

const textsOf = (code: string) => sqlIn('example.ts', code).map(({ text }) => text);

describe('the check of SQL', () => {
  test.each([
    "database.run('VACUUM')",
    'project.database.rows(query, [id])',
    'this.#database.integers(query)',
    "'SELECT id FROM images'",
    '`SELECT id FROM images`',
    "'DELETE FROM images'",
    "'UPDATE images SET split = NULL'",
    '`read_parquet(path)`',
    "'ORDER BY id'",
    "'WHERE id = 3'",
  ])('refuses %s', (code) => {
    expect(textsOf(`const found = ${code};`)).toEqual([code]);
  });

  test.each([
    'database.transaction(work)',
    'database.withChosen(ids, work)',
    'session.run(inputs)',
    "'Select images from the list'",
    "'update the set'",
    '/* SELECT id FROM images */ 1',
    "'where it lies'",
  ])('accepts %s', (code) => {
    expect(textsOf(`const found = ${code};`)).toEqual([]);
  });

  test('reports the line', () => {
    expect(sqlIn('example.ts', "const a = 1;\n\nexport const b = 'DROP TABLE images';\n")).toEqual([
      { line: 3, text: "'DROP TABLE images'" },
    ]);
  });
});
