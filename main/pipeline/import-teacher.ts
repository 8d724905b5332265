/**
 * Imports a model file as a teacher: from another project, from torchvision or from timm. Its outputs are mapped to the
 * project's classes by name if the file has names, or else by order; everything else stays as it was trained.
 */
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Project } from '../catalogue/project.ts';
import { MODEL } from '../catalogue/run-files.ts';
import { saveModel } from '../models/checkpoint.ts';
import { standardPreprocessing } from '../models/model-preprocessing.ts';
import { networkForFrames } from '../models/network.ts';
import { loadStart } from '../models/starting-weights.ts';
import { keepWholeTeacher } from './brought-teacher.ts';
import type { Collection } from './collection.ts';
import { TeacherUnfit } from './given-teacher.ts';
import type { ResolvedRecipe } from './resolve-recipe.ts';
import { resolvedStart } from './resolved-start.ts';
import type { RunRecord } from './run-record.ts';
import { shortList } from './short-list.ts';
import type { StartingWeights } from './starting-weights.ts';

type Classes = Pick<Collection, 'classIds' | 'classNames'>;

/**
 * Returns the run of the imported model, which the project's recipe uses from now on; its reason says how the outputs
 * were mapped. `weights` describe the file, `classes` are the collection's present ones. Throws `TeacherUnfit` if the
 * model does not distinguish them, and what `loadStart` throws.
 */
export async function importTeacher(
  project: Project,
  file: string,
  weights: StartingWeights,
  classes: Classes,
  recipe: ResolvedRecipe,
): Promise<RunRecord> {
  const { classIds, classNames } = classes;
  const outputs = outputsByClass(weights, classNames);
  if (!outputs) throw new TeacherUnfit(unfitMessage(file, weights, classNames));
  const { imageSizePx, preprocessing, sha256 } = weights;
  return await keepWholeTeacher(project, {
    ...{ file, classes, metrics: {}, recipe: { ...recipe, imageSizePx }, files: [MODEL] },
    decisive: {
      ...{ file: sha256, classIds, outputs },
      // Omitted if it is the standard one: this keeps the names of runs that earlier releases imported.
      ...(isDeepStrictEqual(preprocessing, standardPreprocessing(imageSizePx)) ? {} : { preprocessing }),
    },
    sentences: weights.classNames
      ? []
      : [
          `It names no classes, so its outputs are taken as ${shortList(classNames)}, in this order, and it is given images of ${imageSizePx} × ${imageSizePx} pixels.`,
        ],
    write: async (directory, id) => {
      const network = networkForFrames({ ...weights.network, classes: classNames.length }, project.clipFrames);
      const own = await loadStart(file, network, outputs, 0);
      const provenance = { run: id, importedFrom: basename(file) };
      const model = { network, weights: own, classNames, imageSizePx, preprocessing, provenance };
      await saveModel(join(directory, MODEL), model);
    },
  });
}

/**
 * For each of the project's classes, the output that stands for it: by name if the file has names, or else by order.
 * Undefined if it does not distinguish them all: trainings can start from it, but it is no teacher as it is.
 */
export function outputsByClass(weights: StartingWeights, classNames: readonly string[]): readonly number[] | undefined {
  const rows = resolvedStart(weights, classNames).headRows;
  if (rows !== null) return rows;
  const inOrder = weights.hasHead && weights.classNames === null && weights.network.classes === classNames.length;
  return inOrder ? classNames.map((_, output) => output) : undefined;
}

function unfitMessage(file: string, { network, hasHead }: StartingWeights, classNames: readonly string[]): string {
  const has = hasHead ? `tells ${network.classes} other classes apart` : 'has no classifier';
  return `${file} ${has}, and this project has ${classNames.length} (${shortList(classNames)}): begin the teacher's training from it instead.`;
}
