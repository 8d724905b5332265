/** The user's K line: which part of the ranking trains the student, as far as this was chosen in this project. */

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
  /** Null if the user removed the setting. */
  precision: z.number().gt(0).lt(1).nullable(),
});

type Settings = z.infer<typeof schema>;
export type ChosenSettings = { readonly [Name in keyof Settings]?: Settings[Name] | undefined };

/** Only the settings that were ever chosen. */
export async function readChosenSettings(database: Database): Promise<ChosenSettings> {
  const rows = await database.rows('SELECT name, value FROM selection_settings');
  return schema.partial().parse(Object.fromEntries(rows.map(({ name, value }) => [name, JSON.parse(String(value))])));
}

/** Settings that are not named stay as they are. */
export async function chooseSettings(database: Database, change: ChosenSettings): Promise<void> {
  const given = Object.entries(schema.partial().parse(change)).filter(([, value]) => value !== undefined);
  await database.transaction(async () => {
    for (const [name, value] of given) {
      await database.run('INSERT OR REPLACE INTO selection_settings VALUES (?, ?)', [name, JSON.stringify(value)]);
    }
  });
}
