/** The files of job records in a project's jobs/ folder: JSON with its checksum, bound to the job's id. */
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { writeTextAtomically } from '../atomic-file.ts';
import { readSealed, sealed } from '../sealed-json.ts';
import { StoredDataDamaged, type Verdict, verdictOn } from '../stored-data.ts';
import { type JobRecord, jobRecordSchema } from './job-record.ts';

export function jobFileName(id: string): string {
  return `${id}.json`;
}

export async function writeJobFile(path: string, record: JobRecord): Promise<void> {
  await writeTextAtomically(path, `${sealed(identityOf(path), record)}\n`);
}

/** Verdicts on the record of each job. A repair removes damaged ones: they are only history. */
export async function* verifyJobs(folder: string): AsyncGenerator<Verdict> {
  for (const path of await jobFiles(folder)) {
    yield await verdictOn({ kind: 'job', path, remade: true }, async () => {
      const record = await readJobFile(path);
      if (record instanceof StoredDataDamaged) throw record;
      return record?.proven === false ? 'unproven' : 'sound';
    });
  }
}

export async function jobFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.endsWith('.json')).map((name) => join(folder, name));
}

function identityOf(path: string): string {
  return `jobs/${basename(path)}`;
}

/** Returns a `StoredDataDamaged` instead of throwing it; undefined if the file has been removed in the meantime. */
export async function readJobFile(
  path: string,
): Promise<{ value: JobRecord; proven: boolean } | StoredDataDamaged | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? undefined : damaged(path, `it cannot be read: ${code}`);
  }
  const found = readSealed(identityOf(path), text, jobRecordSchema);
  if (found.kind === 'damaged') return damaged(path, found.damage);
  return basename(path) === jobFileName(found.value.id) ? found : damaged(path, 'it belongs to another job');
}

function damaged(path: string, damage: string): StoredDataDamaged {
  return new StoredDataDamaged({
    ...{ kind: 'job', path, damage, what: 'The record of a job' },
    wayOut: 'it is left out of the list of jobs; its work can be started again, and continues where it was',
  });
}
