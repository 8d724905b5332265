/**
 * Several teachers as one: a run that names them and how their answers are combined. Each labels the collection
 * separately, as it would alone, and their score partitions are combined (`combined-label.ts`). Members are runs with a
 * model or a table of scores; a member may itself be such a combination.
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

/** The file in the run's folder that takes the place of a model. */
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

/** As `combineTeachers`, but only for one run: the project's recipe stays unchanged. */
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
    throw new WrongUsage('Each teacher counts once: name none of them twice.');
  }
  const runs = [];
  for (const member of members) {
    if (!(await readRun(project, member))) throw new TeacherUnfit(noSuchRun(member));
    runs.push(await requireLabeller(project, sets, member));
  }
  const combined: CombinedTeacher = { how, members: [...members] };
  return {
    ...{ file: members.join(' + '), recipe: resolved, classes: sets, metrics: { teachers: members.length } },
    sentences: [`They are combined by their ${WORDS[how]}.`],
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

/** Undefined for a run that is not a combination. Throws `StoredDataDamaged`. */
export async function combinedTeacher(project: Project, runId: string): Promise<CombinedTeacher | undefined> {
  const path = await findRunFile(project.path('runs', runId), COMBINED);
  return path === undefined ? undefined : schema.parse(JSON.parse(await readFile(path, 'utf8')));
}

/**
 * Their combined answers with all classes per image at once, for the comparison: when members disagree, their mean is
 * still informative. With `ranks`, images are ranked among those being asked about.
 * @param predictorOf returns the predictor of a member
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

/** For each image and class, the mean (with `ranks`, the minimum) of the answers given; NaN if there are none. */
export function together(all: readonly Float32Array[], how: Combination): Float32Array {
  return Float32Array.from({ length: all[0]?.length ?? 0 }, (_, place) => {
    const said = all.map((own) => at(own, place)).filter((value) => !Number.isNaN(value));
    if (said.length === 0) return Number.NaN;
    return how === 'ranks' ? Math.min(...said) : said.reduce((sum, value) => sum + value, 0) / said.length;
  });
}

/** [images, classes]: the share of the images that do not rank above it in the class. */
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
