/**
 * Brings a file made elsewhere into the project: a feature extractor ("eyes"), a complete classifier of the project's
 * classes as its teacher, or weights that the training of the teacher or the student starts from.
 */
import type { Project } from '../catalogue/project.ts';
import { WrongUsage } from '../failure.ts';
import { framesOf } from '../models/network.ts';
import type { PresetName } from '../models/onnx/preprocessing.ts';
import { bringOther, isScoreTable, type OtherCorrections } from './bring-other.ts';
import type { CollectionSets } from './collection.ts';
import { bringExtractor, type ExtractorCorrections } from './extractors.ts';
import { keepBroughtTeacher } from './given-teacher.ts';
import { importTeacher, outputsByClass } from './import-teacher.ts';
import { keepRecipe, lastRecipe } from './kept-recipe.ts';
import { previewRecipe } from './preview-recipe.ts';
import { applySettings } from './recipe.ts';
import type { ResolvedRecipe } from './resolve-recipe.ts';
import { resolvedStart } from './resolved-start.ts';
import { bringWeights, describeWeights, type StartingWeights } from './starting-weights.ts';

export const broughtAs = ['teacher', 'classifier', 'teacher-start', 'student-start', 'start'] as const;
/** `start` means both. */
export type BroughtAs = (typeof broughtAs)[number];

export interface Brought {
  readonly kind: 'features' | 'network' | 'start' | 'classifier' | 'scores';
  /** The id of the extractor, of the teacher's run, or of the weights. */
  readonly id: string;
  /** How the file was interpreted, and what follows from it. */
  readonly sentences: readonly string[];
}

/**
 * The project's recipe uses it from now on. Without `as`, the use is inferred: an extractor, a teacher if it names the
 * project's classes, or else the starting point of both trainings.
 */
export async function bring(
  project: Project,
  file: string,
  corrections: OtherCorrections,
  as?: BroughtAs,
): Promise<Brought> {
  if (project.clipFrames !== undefined && !isScoreTable(file) && (as === 'classifier' || /\.onnx$/i.test(file)))
    throw new WrongUsage(
      'An ONNX network takes pictures, but this project holds clips: bring an R(2+1)D network as safetensors or .pth.',
    );
  if (as === 'classifier' || isScoreTable(file)) return await bringOther(project, file, corrections);
  if (/\.onnx$/i.test(file)) {
    if (as === undefined || as === 'teacher') return await bringEyes(project, file, corrections);
    throw new WrongUsage(
      'An ONNX file can be used to compute features, but not to start a training from: bring the network as safetensors, .pth, .pt or .th.',
    );
  }
  const { preset, sizePx } = corrections;
  if (sizePx !== undefined) throw new WrongUsage('--size is for ONNX networks: leave it out for this file.');
  const weights = await describeWeights(file, preset);
  if (framesOf(weights.network) !== undefined && project.clipFrames === undefined)
    throw new WrongUsage(`${file} takes clips, but this project holds images: bring a network for images.`);
  const { resolved, sets, unfit } = await previewRecipe(project, undefined, []);
  if (!resolved || !sets)
    throw new WrongUsage(unfit ?? 'Add labelled images first: a model is brought for their classes.');
  // Without class names the meaning of the outputs is unknown: the user may vouch for their order by asking for it as
  // the teacher.
  const inOrder = outputsByClass(weights, sets.classNames) !== undefined;
  const whole = weights.classNames !== null && inOrder;
  if (as === 'teacher' || (as === undefined && whole)) return await asTeacher(project, file, weights, sets, resolved);
  const brought = await asStart(project, file, preset, sets, as ?? 'start');
  if (as !== undefined) return brought;
  const others = ['With --as teacher-start the student begins from random weights.'];
  if (inOrder)
    others.push(
      'If its outputs are the project’s classes in the same order, bring it with --as teacher: it is then the teacher as it is.',
    );
  return { ...brought, sentences: [...brought.sentences, ...others] };
}

async function asTeacher(
  project: Project,
  file: string,
  weights: StartingWeights,
  sets: CollectionSets,
  recipe: ResolvedRecipe,
): Promise<Brought> {
  const { id, reason } = await importTeacher(project, file, weights, sets, recipe);
  return {
    kind: 'network',
    id,
    sentences: [reason ?? `The teacher is ${id}.`, ...weights.reasons, ...unsure(weights)],
  };
}

async function asStart(
  project: Project,
  file: string,
  preset: PresetName | undefined,
  { classNames }: CollectionSets,
  as: Exclude<BroughtAs, 'teacher' | 'classifier'>,
): Promise<Brought> {
  const weights = await bringWeights(project, file, preset);
  if (as !== 'student-start') await keepBroughtTeacher(project, { startFrom: weights.id });
  if (as !== 'teacher-start')
    await keepRecipe(project, applySettings(await lastRecipe(project), [`student.startFrom=${weights.id}`]));
  const who = {
    'teacher-start': "the teacher's",
    'student-start': "the student's",
    start: "the teacher's and the student's",
  };
  return {
    kind: 'start',
    id: weights.id,
    sentences: [
      `${weights.file} is what ${who[as]} training begins from (${weights.id}): ${resolvedStart(weights, classNames).says}.`,
      ...weights.reasons,
      ...unsure(weights),
    ],
  };
}

function unsure({ sure }: StartingWeights): string[] {
  return sure ? [] : ['If it was trained with other preprocessing, bring it again with --preset.'];
}

async function bringEyes(project: Project, file: string, corrections: ExtractorCorrections): Promise<Brought> {
  const { id, extractor, reasons, sure } = await bringExtractor(project, file, corrections);
  await keepBroughtTeacher(project, { features: id });
  const { sizePx } = extractor.preprocessing;
  return {
    kind: 'features',
    id,
    sentences: [
      ...reasons,
      ...(sure
        ? []
        : ['Nothing said how to preprocess pictures for it: if its ranks look wrong, bring it again with --preset.']),
      `It looks at ${sizePx} × ${sizePx} pixels and is the teacher's eyes from now on (${id}): run the method, or understudy label.`,
    ],
  };
}
