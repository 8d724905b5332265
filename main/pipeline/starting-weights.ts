/**
 * Weights from elsewhere that a project's trainings start from: brought once, and kept in the project beside a
 * description. Named by their content and the network's preprocessing, so that the names of runs reflect both.
 */
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { TEMPORARY_SUFFIX } from '../atomic-file.ts';
import type { Project } from '../catalogue/project.ts';
import { sha256OfFile } from '../checksum.ts';
import { WrongUsage } from '../failure.ts';
import { localPath } from '../local-path.ts';
import { imagenetClasses } from '../models/imagenet-classes.ts';
import { modelPreprocessingSchema, standardCropShare } from '../models/model-preprocessing.ts';
import { networkSchema } from '../models/network.ts';
import { fromHuggingFace, guessPreset, type PresetName, presets } from '../models/onnx/preprocessing.ts';
import { describeStart, type StartDescription } from '../models/starting-weights.ts';
import { StoredDataDamaged, type Verdict } from '../stored-data.ts';
import { asSystemFailure } from '../system-failure.ts';
import { BroughtFiles } from './brought-files.ts';

const recordSchema = z.object({
  id: z.string(),
  file: z.string(),
  sha256: z.string(),
  network: networkSchema,
  hasHead: z.boolean(),
  /** By output, each with its synonyms; null if unknown. */
  classNames: z.array(z.array(z.string())).nullable(),
  /** The side of the images that it was trained on, as far as known. */
  imageSizePx: z.int(),
  preprocessing: modelPreprocessingSchema,
  /** How the file was interpreted, in sentences for display. */
  reasons: z.array(z.string()),
  /** False if nothing says how to preprocess pictures for it. */
  sure: z.boolean(),
});

export type StartingWeights = z.infer<typeof recordSchema>;

const ID = /^weights-[0-9a-f]{12}$/;
const IMAGENET_CLASSES = 1000;

const kept = new BroughtFiles({
  ...{ folder: 'weights', title: 'brought weights', recordName: 'weights.json', contentName: 'weights' },
  ids: ID,
  schema: recordSchema,
});

/** Describes the file without storing it. Throws what `describeStart` throws. */
export async function describeWeights(path: string, preset?: PresetName): Promise<StartingWeights> {
  const file = localPath(path, 'file');
  const description = await describeStart(file);
  const { preprocessing, reason, sure } = await preprocessingFor(file, description, preset);
  const { sha256 } = await sha256OfFile(file);
  const name = createHash('sha256').update(JSON.stringify({ sha256, preprocessing })).digest('hex').slice(0, 12);
  const { network, hasHead, imageSizePx } = description;
  return {
    ...{ id: `weights-${name}`, file: basename(file), sha256, network, hasHead, imageSizePx, preprocessing, sure },
    classNames: classNamesOf(description),
    reasons: [reason],
  };
}

/** Copies the file into the project. */
export async function bringWeights(project: Project, path: string, preset?: PresetName): Promise<StartingWeights> {
  const weights = await describeWeights(path, preset);
  if (await isKept(project, weights)) return weights;
  const content = kept.contentPath(project, weights.id);
  const temporary = `${content}${TEMPORARY_SUFFIX}`;
  await mkdir(dirname(content), { recursive: true });
  try {
    await copyFile(localPath(path, 'file'), temporary);
    if ((await sha256OfFile(temporary)).sha256 !== weights.sha256) {
      throw new WrongUsage(`${path} changed while it was brought: bring it again once it is whole.`);
    }
    await rename(temporary, content);
  } catch (error) {
    await rm(temporary, { force: true });
    throw asSystemFailure(error, content);
  }
  await kept.keepRecord(project, weights);
  return weights;
}

async function isKept(project: Project, weights: StartingWeights): Promise<boolean> {
  try {
    const known = await kept.record(project, weights.id);
    if (!known) return false;
    await openWeights(project, known);
    return true;
  } catch (error) {
    if (error instanceof StoredDataDamaged) return false;
    throw error;
  }
}

/** Weights of the project, or a file anywhere. Throws `WrongUsage` for anything else. */
export async function findWeights(project: Project, idOrFile: string): Promise<StartingWeights> {
  if (!ID.test(idOrFile)) return await describeWeights(idOrFile);
  const known = await kept.record(project, idOrFile);
  if (known) return known;
  const names = (await broughtWeights(project)).map(({ id, file }) => `${id} (${file})`).join(', ');
  throw new WrongUsage(
    `There are no weights “${idOrFile}” in this project: ${names === '' ? 'bring a file with understudy bring' : `use one of ${names}`}.`,
  );
}

/** The project's name for the weights; a file is brought first. */
export async function keptWeights(project: Project, idOrFile: string): Promise<string> {
  return ID.test(idOrFile) ? idOrFile : (await bringWeights(project, idOrFile)).id;
}

/** The file of these weights. Throws `StoredDataDamaged` if it is not the one that was brought. */
export async function openWeights(project: Project, weights: StartingWeights): Promise<string> {
  return await kept.open(project, weights, `The file of weights ${weights.file}, which was brought,`);
}

/** The project's weights with intact records, by name. */
export async function broughtWeights(project: Project): Promise<StartingWeights[]> {
  return await kept.records(project);
}

/** One verdict per file. */
export function verifyWeights(project: Project): AsyncGenerator<Verdict> {
  return kept.verify(project, async (id) => await openWeights(project, await findWeights(project, id)));
}

/** A thousand unnamed classes are ImageNet's: hardly anything else has as many. */
function classNamesOf({ hasHead, network, classNames }: StartDescription): string[][] | null {
  if (classNames) return classNames.map((name) => [name]);
  if (!hasHead || network.classes !== IMAGENET_CLASSES) return null;
  return imagenetClasses.map((names) => [...names]);
}

/** From the user, or the file, or a file beside it, or else its name. */
async function preprocessingFor(
  file: string,
  { preprocessing: own, written, imageSizePx }: StartDescription,
  preset: PresetName | undefined,
) {
  const suited = (name: PresetName) => ({
    ...presets[name],
    cropShare: Math.max(presets[name].cropShare, standardCropShare(imageSizePx)),
  });
  if (preset !== undefined)
    return {
      preprocessing: suited(preset),
      reason: `Pictures are preprocessed as for ${preset} networks, as asked.`,
      sure: true,
    };
  if (own) return { preprocessing: own, reason: 'Pictures are preprocessed as the file says.', sure: true };
  const beside = await besideSays(file);
  if (beside) return { ...beside, sure: true };
  const guess = written ? { preset: 'imagenet' as const, sure: true } : guessPreset([basename(file)]);
  const why = guess.sure ? 'by its name' : 'as is usual: nothing in the file says how';
  return {
    preprocessing: suited(guess.preset),
    reason: `Pictures are preprocessed as for ${guess.preset} networks, ${why}.`,
    sure: guess.sure,
  };
}

/** timm's config.json, as far as it describes preprocessing. */
const timmSchema = z.object({
  pretrained_cfg: z.object({
    mean: z.tuple([z.number(), z.number(), z.number()]),
    std: z.tuple([z.number(), z.number(), z.number()]),
    crop_pct: z.number().gt(0).max(1).default(presets.imagenet.cropShare),
    interpolation: z.string().default('bilinear'),
  }),
});

async function besideSays(file: string) {
  const read = async (name: string) => await readFile(join(dirname(file), name), 'utf8').catch(() => undefined);
  const config = await read('preprocessor_config.json');
  const found = config === undefined ? undefined : fromHuggingFace(config);
  if (found) {
    const { sizePx: _, ...preprocessing } = found;
    return { preprocessing, reason: 'Pictures are preprocessed as preprocessor_config.json beside the file says.' };
  }
  const timm = timmSchema.safeParse(parsedJson((await read('config.json')) ?? '')).data?.pretrained_cfg;
  if (!timm) return undefined;
  const { mean, std: deviation, crop_pct: cropShare, interpolation } = timm;
  const filter = interpolation === 'bicubic' ? ('cubic' as const) : ('linear' as const);
  const preprocessing = { cropShare, interpolation: filter, mean, deviation };
  return { preprocessing, reason: 'Pictures are preprocessed as config.json beside the file says.' };
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
