/** What a file from elsewhere is and what a project could use it for, before it is brought. Changes nothing. */
import { basename } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Project } from '../catalogue/project.ts';
import { WrongUsage } from '../failure.ts';
import { many } from '../many.ts';
import { architectureOf } from '../models/architectures.ts';
import { parameterCount } from '../models/network.ts';
import { describeExtractor } from '../models/onnx/feature-extractor.ts';
import { type PresetName, presetNames, presets } from '../models/onnx/preprocessing.ts';
import { isScoreTable } from './bring-other.ts';
import type { BroughtAs } from './bring-teacher.ts';
import { outputsByClass } from './import-teacher.ts';
import { previewRecipe } from './preview-recipe.ts';
import { resolvedStart } from './resolved-start.ts';
import { describeWeights, type StartingWeights } from './starting-weights.ts';

export interface FileLook {
  readonly file: string;
  /** What it is and what would become of it, one sentence each. */
  readonly sentences: readonly string[];
  /** The first is the default. */
  readonly canBe: readonly BroughtAs[];
  /** The preprocessing preset assumed for it; null for other kinds of files, or if the file says how. */
  readonly preset: PresetName | null;
  /** False if nothing says how to preprocess pictures for it. */
  readonly sure: boolean;
  readonly presets: readonly PresetName[];
}

/** Throws what the readers of such files throw, and `WrongUsage` while the project has no classes. */
export async function lookAtFile(project: Project, path: string): Promise<FileLook> {
  const file = basename(path);
  if (isScoreTable(path)) {
    const sentences = ['A table of another model’s scores for the images.'];
    return { file, sentences, canBe: ['teacher'], preset: null, sure: true, presets: [] };
  }
  if (/\.onnx$/i.test(path)) {
    const { extractor, reasons, sure } = await describeExtractor(path, { provider: 'cpu' });
    const preset = presetOf(extractor.preprocessing);
    return { file, sentences: reasons, canBe: ['teacher', 'classifier'], preset, sure, presets: presetNames };
  }
  const { sets, unfit } = await previewRecipe(project, undefined, []);
  if (!sets) throw new WrongUsage(unfit ?? 'Add labelled images first: a model is brought for their classes.');
  const weights = await describeWeights(path);
  const whole = outputsByClass(weights, sets.classNames) !== undefined ? (['teacher'] as const) : [];
  const starts = ['start', 'teacher-start', 'student-start'] as const;
  return {
    file,
    sentences: [
      networkSentence(weights),
      `${capitalised(resolvedStart(weights, sets.classNames).says)}.`,
      ...weights.reasons,
    ],
    canBe: weights.classNames ? [...whole, ...starts] : [...starts, ...whole],
    preset: presetOf(weights.preprocessing),
    sure: weights.sure,
    presets: presetNames,
  };
}

/** Describes a network that training can start from. */
export function networkSentence({
  network,
  hasHead,
  imageSizePx,
  classNames,
}: Pick<StartingWeights, 'network' | 'hasHead' | 'imageSizePx'> & { readonly classNames?: unknown }): string {
  const { title } = architectureOf(network);
  const classes = hasHead ? `${network.classes} classes${classNames ? '' : ' without names'}` : 'no classifier';
  return `A network of the kind ${title}: ${parametersText(parameterCount(network))}, ${classes}, made for about ${imageSizePx} pixels.`;
}

function parametersText(parameters: number): string {
  return parameters < 1e5 ? many(parameters, 'parameter') : `${(parameters / 1e6).toFixed(1)} million parameters`;
}

function capitalised(text: string): string {
  // If the sentence begins with the file's own name, its case must stay.
  return text.startsWith('the ') ? `T${text.slice(1)}` : text;
}

function presetOf({ mean, deviation }: StartingWeights['preprocessing']): PresetName | null {
  const numbers = { mean, deviation };
  return presetNames.find((name) => isDeepStrictEqual(numbersOf(name), numbers)) ?? null;
}

function numbersOf(name: PresetName) {
  const { mean, deviation } = presets[name];
  return { mean, deviation };
}
