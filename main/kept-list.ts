/**
 * A list in the settings folder, with its checksum. A damaged list is set aside, so that the new one overwrites
 * nothing.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { z } from 'zod';
import { putAside, writeTextAtomically } from './atomic-file.ts';
import { ExpectedFailure } from './failure.ts';
import { readSealed, sealed } from './sealed-json.ts';
import { isMissing, whyUnread } from './why-unread.ts';

export class SettingsUnreadable extends ExpectedFailure {}

/** Empty if there is no list yet. Throws `SettingsUnreadable` if the file exists but may not be read. */
export async function readKeptList<Entry>(path: string, schema: z.ZodType<Entry[]>): Promise<Entry[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return [];
    throw new SettingsUnreadable(`${path} cannot be read (${whyUnread(error)}): make it readable, or remove it.`);
  }
  const entries = parsed(basename(path), text, schema);
  if (entries) return entries;
  await putAside(path).catch((error: unknown) => {
    throw new SettingsUnreadable(
      `${path} is damaged and cannot be renamed (${whyUnread(error)}): make its folder writable, or remove the file.`,
    );
  });
  return [];
}

/** Creates the folder if it does not exist. */
export async function writeKeptList<Entry>(path: string, entries: readonly Entry[]): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeTextAtomically(path, `${sealed(basename(path), { entries }, 2)}\n`);
}

function parsed<Entry>(name: string, text: string, schema: z.ZodType<Entry[]>): Entry[] | undefined {
  const found = readSealed(name, text, z.object({ entries: schema }));
  if (found.kind === 'read') return found.proven ? found.value.entries : undefined;
  // Earlier versions wrote the bare list.
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
