/**
 * Networks from elsewhere that a project's images are looked at with: brought once as an ONNX file, kept in the project beside
 * what is known of them. Named by their content and by how they are shown pictures, as runs are.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { z } from 'zod';
import { writeAtomically, writeTextAtomically } from '../atomic-file.ts';
import type { Project } from '../catalogue/project.ts';
import { sha256OfFile } from '../checksum.ts';
import { WrongUsage } from '../failure.ts';
import { describeExtractor, type Extractor, extractorSchema } from '../models/onnx/feature-extractor.ts';
import { type Preprocessing, type PresetName, presets } from '../models/onnx/preprocessing.ts';
import { readSealed, sealed } from '../sealed-json.ts';
import { StoredDataDamaged, type Verdict, verdictOn } from '../stored-data.ts';

const recordSchema = z.object({
  id: z.string(),
  file: z.string(),
  sha256: z.string(),
  bytes: z.int(),
  extractor: extractorSchema,
  reasons: z.array(z.string()),
});

/** Whose eyes they are: a project, open or not. */
export type EyesOwner = Pick<Project, 'path' | 'notes'>;

export interface BroughtExtractor extends z.infer<typeof recordSchema> {
  readonly path: string;
}

/** What a person knows better than the file says. */
export interface ExtractorCorrections {
  readonly preset?: PresetName | undefined;
  readonly sizePx?: number | undefined;
  /** The tensor that says something of a picture. */
  readonly output?: string | undefined;
}

/** What is known of a network that is looked with. */
interface Described {
  readonly extractor: Extractor;
  readonly reasons: readonly string[];
  readonly sure: boolean;
}

/** Copies the file into the project. Throws what `describeExtractor` throws. */
export async function bringExtractor(
  project: Project,
  file: string,
  corrections: ExtractorCorrections = {},
): Promise<BroughtExtractor & { readonly sure: boolean }> {
  return await keepExtractor(
    project,
    file,
    await describeExtractor(file, { provider: 'cpu' }, corrections.output),
    corrections,
  );
}

/** Copies a file into the project of which it is known how it is looked with. */
export async function keepExtractor(
  project: Project,
  file: string,
  described: Described,
  corrections: ExtractorCorrections,
): Promise<BroughtExtractor & { readonly sure: boolean }> {
  const { extractor, reasons, sure } = corrected(described, corrections);
  const content = await readFile(file);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const name = createHash('sha256').update(JSON.stringify({ sha256, extractor })).digest('hex').slice(0, 12);
  const id = `eyes-${name}`;
  const folder = project.path('extractors', id);
  await mkdir(folder, { recursive: true });
  const path = project.path('extractors', id, 'network.onnx');
  await writeAtomically(path, async (copy) => await copy.writeFile(content));
  const record = { id, file: basename(file), sha256, bytes: content.length, extractor, reasons: [...reasons] };
  await writeTextAtomically(recordPath(project, id), `${sealed(identityOf(id), record, 2)}\n`);
  return { ...record, path, sure };
}

function corrected({ extractor, reasons, sure }: Described, { preset, sizePx }: ExtractorCorrections): Described {
  const preprocessing: Preprocessing = {
    ...extractor.preprocessing,
    ...(preset === undefined ? {} : presets[preset]),
    ...(sizePx === undefined ? {} : { sizePx }),
  };
  const told = preset === undefined ? [] : [`Pictures are made as for ${preset} networks, as asked.`];
  const kept = preset === undefined ? reasons : reasons.filter((reason) => !reason.startsWith('Pictures'));
  return {
    extractor: { ...extractor, preprocessing },
    reasons: [...kept, ...told],
    sure: sure || preset !== undefined,
  };
}

/**
 * Throws `WrongUsage` when the project has none of this name, `StoredDataDamaged` when what was brought is another now.
 */
export async function requireExtractor(project: EyesOwner, id: string): Promise<BroughtExtractor> {
  const record = await readRecord(project, id);
  if (!record) {
    const known = (await brought(project)).map((other) => other.id).join(', ');
    throw new WrongUsage(
      `There are no eyes “${id}” in this project: ${known === '' ? 'bring a network with understudy bring' : `use one of ${known}`}.`,
    );
  }
  const path = project.path('extractors', id, 'network.onnx');
  const found = await sha256OfFile(path).catch(() => undefined);
  if (found?.sha256 !== record.sha256) {
    throw damaged(
      path,
      `The network ${record.file}, which was brought,`,
      found ? 'its checksum is another' : 'it is gone',
    );
  }
  return { ...record, path };
}

/** The eyes that the project has and of which it knows what they are, by name. */
export async function brought(project: EyesOwner): Promise<z.infer<typeof recordSchema>[]> {
  const records: z.infer<typeof recordSchema>[] = [];
  for (const id of await folders(project)) {
    const record = await readRecord(project, id).catch((error: unknown) => {
      if (!(error instanceof StoredDataDamaged)) throw error;
      project.notes.add(`${error.message} Until then it is left out.`);
      return undefined;
    });
    if (record) records.push(record);
  }
  return records;
}

/** One verdict a network. */
export async function* verifyExtractors(project: Project): AsyncGenerator<Verdict> {
  for (const id of await folders(project)) {
    yield await verdictOn({ kind: 'model', path: recordPath(project, id), remade: false }, async () => {
      await requireExtractor(project, id);
      return 'sound';
    });
  }
}

async function folders(project: EyesOwner): Promise<string[]> {
  const names = await readdir(project.path('extractors')).catch(() => []);
  return names.filter((name) => NAME.test(name)).sort();
}

const NAME = /^eyes-[0-9a-f]{12}$/;

/** Undefined where there is none. Throws `StoredDataDamaged`. */
async function readRecord(project: EyesOwner, id: string): Promise<z.infer<typeof recordSchema> | undefined> {
  if (!NAME.test(id)) return undefined;
  const path = recordPath(project, id);
  const what = `What is known of the brought network ${id}`;
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw damaged(path, what, `it cannot be read: ${code}`);
  }
  const found = readSealed(identityOf(id), text, recordSchema);
  if (found.kind === 'damaged') throw damaged(path, what, found.damage);
  if (!found.proven) throw damaged(path, what, 'its checksum is missing');
  return found.value;
}

function damaged(path: string, what: string, damage: string): StoredDataDamaged {
  return new StoredDataDamaged({ kind: 'model', path, what, damage, wayOut: 'bring it again with understudy bring' });
}

const identityOf = (id: string): string => `extractors/${id}`;
const recordPath = (project: EyesOwner, id: string): string => project.path('extractors', id, 'extractor.json');
