import { expect, it } from 'vitest';
import { Database } from '../../../main/catalogue/database.ts';
import { Interrupted } from '../../../main/failure.ts';

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
