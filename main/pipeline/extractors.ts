/**
 * Feature extractors ("eyes"): networks from elsewhere, brought as an ONNX file and kept in the project beside a
 * description. Named by their content and preprocessing, as runs are.
 */
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { z } from 'zod';
import { writeAtomically } from '../atomic-file.ts';
import type { Project } from '../catalogue/project.ts';
import { WrongUsage } from '../failure.ts';
import { describeExtractor, type Extractor, extractorSchema } from '../models/onnx/feature-extractor.ts';
import { type Preprocessing, type PresetName, presets } from '../models/onnx/preprocessing.ts';
import { readWholeOnnx } from '../models/onnx/whole-onnx.ts';
import type { Verdict } from '../stored-data.ts';
import { BroughtFiles, type FilesOwner } from './brought-files.ts';

const recordSchema = z.object({
  id: z.string(),
  file: z.string(),
  sha256: z.string(),
  bytes: z.int(),
  extractor: extractorSchema,
  reasons: z.array(z.string()),
});

const eyes = new BroughtFiles({
  ...{ folder: 'extractors', title: 'brought network', recordName: 'extractor.json', contentName: 'network.onnx' },
  ids: /^eyes-[0-9a-f]{12}$/,
  schema: recordSchema,
});

export interface BroughtExtractor extends z.infer<typeof recordSchema> {
  readonly path: string;
}

/** The user's corrections to what the file says. */
export interface ExtractorCorrections {
  readonly preset?: PresetName | undefined;
  readonly sizePx?: number | undefined;
  /** The output tensor that describes a picture. */
  readonly output?: string | undefined;
}

/** What is known about an extractor. */
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

/** Copies a file into the project whose preprocessing and output are already known. */
export async function keepExtractor(
  project: Project,
  file: string,
  described: Described,
  corrections: ExtractorCorrections,
): Promise<BroughtExtractor & { readonly sure: boolean }> {
  const { extractor, reasons, sure } = corrected(described, corrections);
  const content = await readWholeOnnx(file);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const name = createHash('sha256').update(JSON.stringify({ sha256, extractor })).digest('hex').slice(0, 12);
  const id = `eyes-${name}`;
  const folder = project.path('extractors', id);
  await mkdir(folder, { recursive: true });
  const path = eyes.contentPath(project, id);
  await writeAtomically(path, async (copy) => await copy.writeFile(content));
  const record = { id, file: basename(file), sha256, bytes: content.length, extractor, reasons: [...reasons] };
  await eyes.keepRecord(project, record);
  return { ...record, path, sure };
}

function corrected({ extractor, reasons, sure }: Described, { preset, sizePx }: ExtractorCorrections): Described {
  const preprocessing: Preprocessing = {
    ...extractor.preprocessing,
    ...(preset === undefined ? {} : presets[preset]),
    ...(sizePx === undefined ? {} : { sizePx }),
  };
  const told = preset === undefined ? [] : [`Pictures are preprocessed as for ${preset} networks, as asked.`];
  const kept = preset === undefined ? reasons : reasons.filter((reason) => !reason.startsWith('Pictures'));
  return {
    extractor: { ...extractor, preprocessing },
    reasons: [...kept, ...told],
    sure: sure || preset !== undefined,
  };
}

/** Throws `WrongUsage` if the project has none of this name, `StoredDataDamaged` if the file has changed. */
export async function requireExtractor(project: FilesOwner, id: string): Promise<BroughtExtractor> {
  const record = await eyes.record(project, id);
  if (!record) {
    const known = (await brought(project)).map((other) => other.id).join(', ');
    throw new WrongUsage(
      `There is no feature extractor “${id}” in this project: ${known === '' ? 'bring a network with understudy bring' : `use one of ${known}`}.`,
    );
  }
  return { ...record, path: await eyes.open(project, record, `The network ${record.file}, which was brought,`) };
}

/** The project's extractors with intact records, by name. */
export async function brought(project: FilesOwner): Promise<z.infer<typeof recordSchema>[]> {
  return await eyes.records(project);
}

/** One verdict per network. */
export function verifyExtractors(project: Project): AsyncGenerator<Verdict> {
  return eyes.verify(project, async (id) => await requireExtractor(project, id));
}
