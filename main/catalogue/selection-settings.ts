/** Where a person drew the K line: what of the ranking trains the student, as far as somebody said so in this project. */

import { z } from 'zod';
import type { Database } from './database.ts';
import { selectionOrders } from './selection.ts';

const count = z.int().min(1);
const schema = z.object({
  k: count,
  topP: count,
  order: z.enum(selectionOrders),
  balanced: z.boolean(),
  leakGuard: z.boolean(),
  nearDuplicateGuard: z.boolean(),
  /** Null: a person took back that there is one. */
  precision: z.number().gt(0).lt(1).nullable(),
});

type Settings = z.infer<typeof schema>;
export type ChosenSettings = { readonly [Name in keyof Settings]?: Settings[Name] | undefined };

/** Only what was ever chosen. */
export async function readChosenSettings(database: Database): Promise<ChosenSettings> {
  const rows = await database.rows('SELECT name, value FROM selection_settings');
  return schema.partial().parse(Object.fromEntries(rows.map(({ name, value }) => [name, JSON.parse(String(value))])));
}

/** What is not named stays as it is. */
export async function chooseSettings(database: Database, change: ChosenSettings): Promise<void> {
  const given = Object.entries(schema.partial().parse(change)).filter(([, value]) => value !== undefined);
  await database.transaction(async () => {
    for (const [name, value] of given) {
      await database.run('INSERT OR REPLACE INTO selection_settings VALUES (?, ?)', [name, JSON.stringify(value)]);
    }
  });
}
