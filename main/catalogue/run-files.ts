/**
 * The files of a run's folder, verified by the checksums.json beside them: which files there are, the length of each,
 * and its checksum (SHA-256 for a model). The list is bound to the run, and each file to its name in it. A file that is
 * not in the list was not finished. Training checkpoints carry their own checksums, since they come and go during
 * training.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { TEMPORARY_SUFFIX, writeTextAtomically } from '../atomic-file.ts';
import { damageOf, type FileProof, fileProofSchema, proofOf } from '../proved-file.ts';
import { sealed, unsealed } from '../sealed-json.ts';
import { StoredDataDamaged, type StoredKind, type Verdict, verdictOn } from '../stored-data.ts';
import { NotPermitted } from '../system-failure.ts';
import { damageOfUnread } from '../why-unread.ts';

const LIST = 'checksums.json';
export const MODEL = 'model.safetensors';
const PROVES_ITSELF = /^(run(-copy)?\.json|checksums\.json|checkpoint.*\.safetensors)$/;

const listSchema = z.object({
  files: z.record(z.string(), fileProofSchema),
  /** Set for a run of a version without checksums: a file that is not listed gets its entry when it is first used. */
  adopting: z.boolean().optional(),
  /** The file that the model was imported from, for a run that cannot be recreated from the project. */
  broughtIn: z.string().optional(),
  /** The stopped training whose checkpoint became this run: running the method does not recreate it. */
  keptFrom: z.string().optional(),
});
type FileList = z.infer<typeof listSchema>;

/** Records the current state of these files. Other entries stay unchanged. */
export async function recordRunFiles(
  directory: string,
  names: readonly string[],
  about: Pick<FileList, 'broughtIn' | 'keptFrom'> = {},
): Promise<void> {
  const list = await readList(directory).catch(() => undefined);
  const added = await Promise.all(names.map(async (name) => [name, await proofIn(directory, name)] as const));
  await writeList(directory, { ...list, ...about, files: { ...list?.files, ...Object.fromEntries(added) } });
}

/** Adopts a run of a version without checksums. Returns false if it already has a list. */
export async function adoptRunFiles(directory: string): Promise<boolean> {
  if (existsSync(join(directory, LIST))) return false;
  await writeList(directory, { files: {}, adopting: true });
  return true;
}

/** Whether the run was made by a version without checksums. */
export async function isAdopted(directory: string): Promise<boolean> {
  const list = await readList(directory).catch(() => undefined);
  return list?.adopting === true;
}

/** The path of a verified file of a run. Throws `StoredDataDamaged`, also if the file is missing. */
export async function openRunFile(directory: string, name: string): Promise<string> {
  const path = join(directory, name);
  const list = await readList(directory);
  const proof = list.files[name] ?? (list.adopting ? await adopt(directory, name) : undefined);
  const unlisted = () => (existsSync(path) ? 'it is not in its list of checksums' : 'it is missing');
  const damage = proof ? await damageOf(path, identityOf(directory, name), proof) : unlisted();
  if (damage !== undefined) throw damaged(directory, name, damage, list);
  return path;
}

/** As `openRunFile`, but undefined for a file that the run never had. */
export async function findRunFile(directory: string, name: string): Promise<string | undefined> {
  if (existsSync(join(directory, name))) return await openRunFile(directory, name);
  if (!existsSync(join(directory, LIST))) return undefined;
  return (await readList(directory)).files[name] ? await openRunFile(directory, name) : undefined;
}

/** As `openRunFile`, for a file given by the user: one outside a project is not verified. */
export async function openIfRunFile(path: string): Promise<string> {
  const directory = dirname(path);
  return existsSync(join(directory, LIST)) ? await openRunFile(directory, basename(path)) : path;
}

/** Whether every file of the run is as written. */
export async function runFilesAreSound(directory: string): Promise<boolean> {
  for await (const { state } of verifyRunFiles(directory)) if (state === 'damaged') return false;
  return true;
}

/** Verdicts on every listed file in the run's folder; `expected` are files it must have, whatever the list says. */
export async function* verifyRunFiles(directory: string, expected: readonly string[] = []): AsyncGenerator<Verdict> {
  const list = await readList(directory).catch((error: unknown) => {
    if (error instanceof StoredDataDamaged) return error;
    throw error;
  });
  if (list instanceof StoredDataDamaged) {
    yield { state: 'damaged', remade: true, ...list.damage };
    return;
  }
  // A list that was recreated after damage does not contain them all.
  const names = new Set([...Object.keys(list.files), ...(list.adopting ? [] : expected)]);
  for (const name of names) {
    const file = {
      kind: kindOf(name),
      path: join(directory, name),
      remade: list.broughtIn === undefined && list.keptFrom === undefined,
    };
    yield await verdictOn(file, async () => {
      await openRunFile(directory, name);
      return 'sound';
    });
  }
  if (!list.adopting) return;
  for (const name of await unlisted(directory, list)) {
    yield { state: 'unproven', kind: kindOf(name), path: join(directory, name) };
  }
}

async function unlisted(directory: string, { files }: FileList): Promise<string[]> {
  const names = await readdir(directory);
  return names.filter((name) => !files[name] && !PROVES_ITSELF.test(name) && !name.endsWith(TEMPORARY_SUFFIX));
}

async function adopt(directory: string, name: string): Promise<FileProof | undefined> {
  if (!existsSync(join(directory, name))) return undefined;
  try {
    await recordRunFiles(directory, [name]);
    return (await readList(directory)).files[name];
  } catch (error) {
    // A project opened read-only is adopted later by a process that may write.
    if (error instanceof NotPermitted) return await proofIn(directory, name);
    throw error;
  }
}

async function readList(directory: string): Promise<FileList> {
  const text = await readFile(join(directory, LIST), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === undefined) throw error;
    throw damaged(directory, LIST, damageOfUnread(error.code));
  });
  const found = unsealed(identityOf(directory, LIST), text);
  if (found.kind === 'damaged') throw damaged(directory, LIST, found.damage);
  const list = found.proven ? listSchema.safeParse(found.value) : undefined;
  if (!list?.success) throw damaged(directory, LIST, 'it is not what was written');
  return list.data;
}

async function writeList(directory: string, list: FileList): Promise<void> {
  await writeTextAtomically(join(directory, LIST), `${sealed(identityOf(directory, LIST), list, 2)}\n`);
}

async function proofIn(directory: string, name: string): Promise<FileProof> {
  return await proofOf(join(directory, name), identityOf(directory, name), name === MODEL ? 'sha256' : 'xxh64');
}

function identityOf(directory: string, name: string): string {
  return `runs/${basename(directory)}/${name}`;
}

function kindOf(name: string): StoredKind {
  if (name === MODEL) return 'model';
  return name === 'metrics.jsonl' ? 'curve' : 'run';
}

const WORDS: Readonly<Record<string, string>> = {
  [MODEL]: 'The model',
  [LIST]: 'The list of checksums',
  'metrics.jsonl': 'The curve',
  'classes.json': 'The list of classes',
  'trained-on.parquet': 'The list of images that were trained on',
  'selection.parquet': 'The selection',
  'excluded.parquet': 'The list of images that were set aside',
  'predictions.parquet': 'What each model said of each image',
  'evaluations.json': 'The comparison',
  'int8.json': 'What was measured for int8',
};

function damaged(
  directory: string,
  name: string,
  damage: string,
  made: Pick<FileList, 'broughtIn' | 'keptFrom'> = {},
): StoredDataDamaged {
  return new StoredDataDamaged({
    ...{ kind: kindOf(name), path: join(directory, name), damage, wayOut: wayOutOf(directory, made) },
    what: `${WORDS[name] ?? name} of the run ${basename(directory)}`,
  });
}

function wayOutOf(directory: string, { broughtIn, keptFrom }: Pick<FileList, 'broughtIn' | 'keptFrom'>): string {
  if (broughtIn !== undefined) return `import ${broughtIn} again, the file that it came from`;
  if (keptFrom === undefined) return 'run the method again with the same settings to recreate it';
  const run = basename(directory);
  return `running the method again does not make it: let the training ${keptFrom} continue and use that, or keep it again (understudy keep), and delete ${run}`;
}
