/**
 * Several teachers as one: a run that names them and says how what they say becomes one labelling. Each labels the collection by
 * itself, as it would alone, and their score partitions are put together (`combined-label.ts`). Members are runs with a model
 * or a table of scores; one may be such a combination itself.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { at } from '../at.ts';
import { writeTextAtomically } from '../atomic-file.ts';
import { type Combination, combinations } from '../catalogue/combined-scores.ts';
import type { Project } from '../catalogue/project.ts';
import { findRunFile } from '../catalogue/run-files.ts';
import { WrongUsage } from '../failure.ts';
import { keepWholeTeacher, type WholeTeacher, writeWholeTeacher } from './brought-teacher.ts';
import type { CollectionSets } from './collection.ts';
import { requireLabeller, TeacherUnfit } from './given-teacher.ts';
import type { Predict } from './predictor.ts';
import type { ResolvedRecipe } from './resolve-recipe.ts';
import type { RunRecord } from './run-record.ts';
import { noSuchRun, readRun } from './runs.ts';

/** Of a run's folder: what stands there instead of a model. */
const COMBINED = 'combined.json';
const schema = z.object({ how: z.enum(combinations), members: z.array(z.string()).min(2) });
export type CombinedTeacher = z.infer<typeof schema>;

interface CombinedGround {
  readonly sets: CollectionSets;
  readonly resolved: ResolvedRecipe;
}

/** The project's recipe uses it from now on. Throws `WrongUsage` or `TeacherUnfit`. */
export async function combineTeachers(
  project: Project,
  combined: CombinedTeacher,
  ground: CombinedGround,
): Promise<RunRecord> {
  return await keepWholeTeacher(project, await wholeOf(project, combined, ground));
}

/** As `combineTeachers`, for one run: the project's recipe stays as it is. */
export async function combinedRun(
  project: Project,
  combined: CombinedTeacher,
  ground: CombinedGround,
): Promise<RunRecord> {
  return await writeWholeTeacher(project, await wholeOf(project, combined, ground));
}

async function wholeOf(
  project: Project,
  { how, members }: CombinedTeacher,
  { sets, resolved }: CombinedGround,
): Promise<WholeTeacher> {
  if (new Set(members).size < members.length) {
    throw new WrongUsage('A teacher that is named twice counts twice by no rule here: name each once.');
  }
  const runs = [];
  for (const member of members) {
    if (!(await readRun(project, member))) throw new TeacherUnfit(noSuchRun(member));
    runs.push(await requireLabeller(project, sets, member));
  }
  const combined: CombinedTeacher = { how, members: [...members] };
  return {
    ...{ file: members.join(' + '), recipe: resolved, classes: sets, metrics: { teachers: members.length } },
    sentences: [`They are put together by their ${WORDS[how]}.`],
    decisive: [{ combined: how, members: runs.map(({ key }) => key) }, sets.classIds],
    files: [COMBINED],
    write: async (directory) => await writeTextAtomically(join(directory, COMBINED), `${JSON.stringify(combined)}\n`),
  };
}

const WORDS: Readonly<Record<Combination, string>> = {
  mean: 'mean probability',
  agreement: 'agreement on the first class',
  ranks: 'worst rank',
};

/** Undefined for a run that is no combination. Throws `StoredDataDamaged`. */
export async function combinedTeacher(project: Project, runId: string): Promise<CombinedTeacher | undefined> {
  const path = await findRunFile(project.path('runs', runId), COMBINED);
  return path === undefined ? undefined : schema.parse(JSON.parse(await readFile(path, 'utf8')));
}

/**
 * What they say together of images with all classes at once, for the comparison: where only some agree, their mean still says
 * something. By ranks, an image's place among the images that are asked about.
 * @param predictorOf of each of them
 */
export function combinedPredictor(
  { how, members }: CombinedTeacher,
  predictorOf: (runId: string) => Promise<Predict>,
): Predict {
  return async (imageIds, onScored) => {
    const all: Float32Array[] = [];
    let classes = 0;
    for (const member of members) {
      const predict = await predictorOf(member);
      let own = new Float32Array();
      await predict(imageIds, (scored) => {
        classes = scored.classes;
        if (own.length === 0) own = new Float32Array(imageIds.length * classes);
        own.set(scored.probabilities, scored.first * classes);
      });
      all.push(how === 'ranks' ? sharesBelow(own, classes) : own);
    }
    onScored({ first: 0, count: imageIds.length, classes, probabilities: together(all, how), unreadable: [] });
  };
}

/** Of each image and class the mean, or by ranks the least, of those that say something; not a number where none does. */
export function together(all: readonly Float32Array[], how: Combination): Float32Array {
  return Float32Array.from({ length: all[0]?.length ?? 0 }, (_, place) => {
    const said = all.map((own) => at(own, place)).filter((value) => !Number.isNaN(value));
    if (said.length === 0) return Number.NaN;
    return how === 'ranks' ? Math.min(...said) : said.reduce((sum, value) => sum + value, 0) / said.length;
  });
}

/** [images, classes]: the share of the images that stand no higher in the class. */
export function sharesBelow(scores: Float32Array, classes: number): Float32Array {
  const images = scores.length / classes;
  const shares = new Float32Array(scores.length).fill(Number.NaN);
  for (let output = 0; output < classes; output++) {
    const score = (image: number) => at(scores, image * classes + output);
    const ranked = Array.from({ length: images }, (_, image) => image)
      .filter((image) => !Number.isNaN(score(image)))
      .sort((a, b) => score(b) - score(a) || a - b);
    for (const [rank, image] of ranked.entries()) shares[image * classes + output] = 1 - rank / images;
  }
  return shares;
}
