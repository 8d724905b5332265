/** A list in the settings folder. What cannot be understood is put aside, so that the list that begins anew replaces nothing. */
import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { putAside } from '../atomic-file.ts';
import { ExpectedFailure, messageOf } from '../failure.ts';

export class SettingsUnreadable extends ExpectedFailure {}

/** Empty where there is none yet. Throws `SettingsUnreadable` when the file is there and may not be read. */
export async function readKeptList<Entry>(path: string, schema: z.ZodType<Entry[]>): Promise<Entry[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw new SettingsUnreadable(
      `${path} cannot be read (${messageOf(error)}): see to it that you may read it, or take it away.`,
    );
  }
  const entries = parsed(text, schema);
  if (entries) return entries;
  await putAside(path).catch((error: unknown) => {
    throw new SettingsUnreadable(
      `${path} is damaged and cannot be put aside (${messageOf(error)}): see to it that you may write to its folder, or take it away.`,
    );
  });
  return [];
}

function parsed<Entry>(text: string, schema: z.ZodType<Entry[]>): Entry[] | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
