/**
 * A list in the settings folder, with its checksum. What is not what was written is put aside, so that the list that begins
 * anew replaces nothing.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { z } from 'zod';
import { putAside, writeTextAtomically } from './atomic-file.ts';
import { ExpectedFailure, messageOf } from './failure.ts';
import { readSealed, sealed } from './sealed-json.ts';

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
  const entries = parsed(basename(path), text, schema);
  if (entries) return entries;
  await putAside(path).catch((error: unknown) => {
    throw new SettingsUnreadable(
      `${path} is damaged and cannot be put aside (${messageOf(error)}): see to it that you may write to its folder, or take it away.`,
    );
  });
  return [];
}

/** Makes the folder where there is none yet. */
export async function writeKeptList<Entry>(path: string, entries: readonly Entry[]): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeTextAtomically(path, `${sealed(basename(path), { entries }, 2)}\n`);
}

function parsed<Entry>(name: string, text: string, schema: z.ZodType<Entry[]>): Entry[] | undefined {
  const found = readSealed(name, text, z.object({ entries: schema }));
  if (found.kind === 'read') return found.proven ? found.value.entries : undefined;
  // Earlier versions wrote the list alone.
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
