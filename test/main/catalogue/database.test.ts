import { expect, it } from 'vitest';
import { Database } from '../../../main/catalogue/database.ts';
import { Interrupted } from '../../../main/failure.ts';
import { MachineExhausted } from '../../../main/system-failure.ts';

it('statements on a closed database are interrupted, also within work that began before', async () => {
  const database = await Database.open(':memory:');
  await database.run('CREATE TABLE seen(id BIGINT)');
  const amid = database.isolated(async () => {
    await database.run('INSERT INTO seen VALUES (1)');
    database.close();
    return await database.rows('SELECT id FROM seen');
  });
  await expect(amid).rejects.toBeInstanceOf(Interrupted);
  await expect(database.rows('SELECT id FROM seen')).rejects.toBeInstanceOf(Interrupted);
});

it('a query that needs more memory than the limit fails with a sentence, and others still work', async () => {
  const database = await Database.inMemory();
  const large = database.run(
    `CREATE TEMP TABLE large AS SELECT list(repeat('x', 1000)) AS all_of_them FROM range(700000)`,
  );
  await expect(large).rejects.toThrow(MachineExhausted);
  await expect(large).rejects.toThrow(/^This needs more memory than the database may use: do it in smaller parts/);
  expect(await database.number('SELECT 1')).toBe(1);
  database.close();
});
