/**
 * Finished classifications in storage: one folder of the project each, with a JSON description, and the images as
 * Parquet files.
 */
import { readdir, readFile } from 'node:fs/promises';
import { z } from 'zod';
import { writeTextAtomically } from '../atomic-file.ts';
import type { Project } from '../catalogue/project.ts';
import { damageOf, type FileProof, fileProofSchema, proofOf } from '../proved-file.ts';
import { sealed, unsealed } from '../sealed-json.ts';
import { StoredDataDamaged, type Verdict, verdictOn } from '../stored-data.ts';

const DESCRIPTION = 'classification.json';

const schema = z.object({
  title: z.string(),
  runId: z.string(),
  classNames: z.array(z.string()),
  images: z.int(),
  createdAt: z.string(),
  /** The temperature its probabilities are calibrated with; absent if the model was in no comparison. */
  temperature: z.number().optional(),
  /** Its Parquet files, by name; absent in classifications of versions without checksums. */
  files: z.record(z.string(), fileProofSchema).optional(),
});
export type Classification = z.infer<typeof schema>;

/** Written after all files: this completes the classification. */
export async function describeClassification(
  project: Project,
  id: string,
  description: Omit<Classification, 'files'>,
): Promise<void> {
  const kept: Classification = { ...description, files: await proofsOf(project, id) };
  await writeTextAtomically(descriptionPath(project, id), `${sealed(identityOf(id, DESCRIPTION), kept)}\n`);
}

/** Undefined if there is none. Throws `StoredDataDamaged`. */
export async function readClassification(project: Project, id: string): Promise<Classification | undefined> {
  const path = descriptionPath(project, id);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw damaged(path, `it cannot be read: ${code}`);
  }
  const found = unsealed(identityOf(id, DESCRIPTION), text);
  if (found.kind === 'damaged') throw damaged(path, found.damage);
  const kept = schema.safeParse(found.value).data;
  if (!kept) throw damaged(path, 'it is not what was written');
  return kept;
}

function damaged(path: string, damage: string): StoredDataDamaged {
  const wayOut = 'classify the images again';
  return new StoredDataDamaged({ kind: 'classification', path, what: 'This classification', damage, wayOut });
}

function identityOf(id: string, name: string): string {
  return `classifications/${id}/${name}`;
}

async function proofsOf(project: Project, id: string): Promise<Record<string, FileProof>> {
  const names = await filesOf(project, id);
  const path = (name: string) => project.path('classifications', id, name);
  const proofs = names.map(async (name) => [name, await proofOf(path(name), identityOf(id, name), 'xxh64')] as const);
  return Object.fromEntries(await Promise.all(proofs));
}

async function filesOf(project: Project, id: string): Promise<string[]> {
  return (await readdir(classificationFolder(project, id))).filter((name) => name.endsWith('.parquet')).sort();
}

/** The files with its images; early classifications have a single one. Throws `StoredDataDamaged`. */
export async function soundClassificationFiles(
  project: Project,
  id: string,
  { files }: Classification,
): Promise<string[]> {
  for (const [name, proof] of Object.entries(files ?? {})) {
    const path = project.path('classifications', id, name);
    const damage = await damageOf(path, identityOf(id, name), proof);
    if (damage !== undefined) throw damaged(path, damage);
  }
  const names = files ? Object.keys(files) : await filesOf(project, id);
  return names.map((name) => project.path('classifications', id, name));
}

/** One verdict per classification. */
export async function* verifyClassifications(project: Project): AsyncGenerator<Verdict> {
  const ids = await readdir(project.path('classifications')).catch(() => []);
  for (const id of ids) {
    const file = { kind: 'classification', path: descriptionPath(project, id), remade: false } as const;
    yield await verdictOn(file, async () => {
      const kept = await readClassification(project, id);
      if (kept) await soundClassificationFiles(project, id, kept);
      return kept?.files ? 'sound' : 'unproven';
    });
  }
}

export function classificationFolder(project: Project, id: string): string {
  return project.path('classifications', id);
}

function descriptionPath(project: Project, id: string): string {
  return project.path('classifications', id, DESCRIPTION);
}
