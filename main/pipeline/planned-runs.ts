/**
 * The runs that the method would have for a recipe and the present collection, by name, and which of them are finished.
 * Every name is derived from the inputs of the stages, so nothing has to be computed, decoded or written.
 */
import { decisionsDigest, readDecisions } from '../catalogue/decisions.ts';
import { taggedAsDigest } from '../catalogue/image-tags.ts';
import type { Project } from '../catalogue/project.ts';
import type { Augmentation } from '../images/augment.ts';
import { describeModel } from '../models/checkpoint.ts';
import { type ModelPreprocessing, preprocessingOf } from '../models/model-preprocessing.ts';
import type { NetworkConfig } from '../models/network.ts';
import { wholeTeacherRun } from './brought-teacher.ts';
import type { CollectionSets } from './collection.ts';
import { digestsOf } from './collection-digests.ts';
import { combinedTeacher } from './combined-teacher.ts';
import { evaluateInputs } from './evaluate-stage.ts';
import { type BroughtExtractor, requireExtractor } from './extractors.ts';
import { headExtractor, headInputs } from './feature-teacher.ts';
import { requireTeacher } from './given-teacher.ts';
import { labelInputs } from './label-stage.ts';
import { learntTags, tagClasses } from './learnt-tags.ts';
import { followLabels, followMethod, type MethodSteps } from './method.ts';
import { knownImages } from './recognised.ts';
import type { ResolvedRecipe } from './resolve-recipe.ts';
import { decisiveOf } from './rounds.ts';
import type { RunRecord } from './run-record.ts';
import { readRun } from './runs.ts';
import { selectInputs, taggedFor } from './select-stage.ts';
import { asksEvidence, choosing, evidenceDigest } from './selection-evidence.ts';
import { type StageParent, stageRun } from './stage.ts';
import { type Goal, type StageName, stageNames } from './stages.ts';
import { augmentationOf, hasNetwork, openModel, trainingInputs } from './train-stage.ts';
import { tagTraining } from './trainings.ts';

export interface PlannedRun {
  readonly stage: StageName;
  /** For a further round, whose teacher is the student of the previous one: its number from 2. */
  readonly round?: number;
  readonly id: string;
  /** It was done before and would be reused. */
  readonly finished: RunRecord | undefined;
  /** The images that each of its networks processes, or the stage itself if it has none. */
  readonly images: number;
  /** The networks that it trains or runs. */
  readonly networks: readonly PlannedNetwork[];
  /** The number of images its networks predict, if that differs from what the stage itself processes. */
  readonly asked?: number;
  /** How it augments the images that it trains on. */
  readonly augmentation?: Augmentation;
  /** The images whose features it needs from a brought network. */
  readonly look: PlannedLook | undefined;
}

export interface PlannedLook {
  readonly extractor: BroughtExtractor;
  readonly imageIds: Int32Array;
}

export interface PlannedNetwork {
  readonly network: NetworkConfig;
  readonly imageSizePx: number;
  /** Its preprocessing; undefined means the standard one for the size. */
  readonly preprocessing?: ModelPreprocessing | undefined;
}

/** A run while it is planned. */
type Planned = StageParent & Pick<PlannedRun, 'images' | 'networks' | 'asked' | 'augmentation' | 'look'>;

/**
 * In the order of the method, up to the goal. Throws `TeacherUnfit` for a named teacher that does not exist or has
 * other classes.
 */
export async function plannedRuns(
  project: Project,
  recipe: ResolvedRecipe,
  sets: CollectionSets,
  goal: Goal | 'labels',
  rounds = 1,
): Promise<PlannedRun[]> {
  const known = { ...sets, digests: await digestsOf(project, sets) };
  const { imageSizePx } = recipe;
  const steps: MethodSteps<Planned> = {
    async given(runId) {
      const { id, key } = await requireTeacher(project, known, runId);
      return { id, key, images: 0, ...(await askedOf(project, id)) };
    },
    async train(plan) {
      const { network, training, preprocessing } = plan;
      const planned = { network, imageSizePx, preprocessing };
      const run = stageRun(trainingInputs(recipe, known, plan));
      const augmentation = augmentationOf(training);
      return { ...run, images: training.images, networks: [planned], augmentation, look: undefined };
    },
    async learnTags(learning) {
      const tags = await learntTags(project, sets, learning);
      const { preprocessing, ...plan } = tagTraining(recipe, learning, tags);
      const run = stageRun(trainingInputs(recipe, tagClasses(tags), plan));
      const networks = [{ network: plan.network, imageSizePx, preprocessing }];
      return {
        ...run,
        images: learning.images,
        networks,
        augmentation: augmentationOf(plan.training),
        look: undefined,
      };
    },
    async trainHead(features) {
      const extractor = await requireExtractor(project, features);
      const { imageIds } = sets.labelled;
      const run = stageRun(headInputs(recipe, known, features));
      return { ...run, images: imageIds.length, networks: [], look: { extractor, imageIds } };
    },
    async label(teacher) {
      const { networks } = teacher;
      const look = lookAt(teacher, sets.unlabelled);
      return { ...stageRun(labelInputs(recipe, known, teacher)), images: sets.unlabelled.length, networks, look };
    },
    async select(labels, teacher) {
      const decisions = decisionsDigest(await readDecisions(project.database));
      const checks = await evidenceDigest(project.database, recipe, labels);
      const given = await taggedFor(project, recipe, known);
      const tagged = given ? taggedAsDigest(given) : null;
      const run = stageRun(selectInputs(recipe, known, { decisions, checks, tagged }, labels));
      const images = sets.unlabelled.length;
      if (!asksEvidence(recipe.select)) return { ...run, images, networks: [], look: undefined };
      const { imageIds } = choosing(sets.heldOut, recipe.select);
      return { ...run, images, networks: teacher.networks, asked: imageIds.length, look: lookAt(teacher, imageIds) };
    },
    async evaluate(models) {
      const run = stageRun(evaluateInputs(recipe, known, models));
      const networks = models.flatMap(([, model]) => model.networks);
      const [look] = models.flatMap(([, model]) => lookAt(model, sets.heldOut.imageIds) ?? []);
      const images = sets.heldOut.imageIds.length + knownImages(sets, recipe.seed).length;
      return { ...run, images, networks, look };
    },
  };
  const runs: Partial<Record<StageName, Planned>> =
    goal === 'labels' ? await followLabels(steps, recipe, known) : await followMethod(steps, recipe, known, goal);
  const planned: (Planned & Pick<PlannedRun, 'stage' | 'round'>)[] = inOrder(runs);
  for (let [round, student] = [2, runs.finetune]; round <= rounds && student; round++) {
    // The student is the next teacher, and no work is needed to make it one.
    const { augmentation: _, ...model } = student;
    const teacher: Planned = { ...model, ...wholeTeacherRun(decisiveOf(student, known)), images: 0, look: undefined };
    const asked = { ...recipe, teacher: { ...recipe.teacher, run: teacher.id, features: null } };
    const further = await followMethod({ ...steps, given: async () => teacher }, asked, known, 'evaluate');
    const seen = new Set([teacher.id, ...planned.map(({ id }) => id)]);
    for (const run of inOrder(further)) if (!seen.has(run.id)) planned.push({ ...run, round });
    student = further.finetune;
  }
  return await Promise.all(
    planned.map(async ({ key: _, ...planned }) => {
      const run = await readRun(project, planned.id);
      return { ...planned, finished: run?.state === 'succeeded' ? run : undefined };
    }),
  );
}

function inOrder(runs: Readonly<Partial<Record<StageName, Planned>>>): (Planned & Pick<PlannedRun, 'stage'>)[] {
  return stageNames.flatMap((stage) => {
    const run = runs[stage];
    return run ? [{ stage, ...run }] : [];
  });
}

/** The networks that an existing teacher runs. */
async function askedOf(project: Project, id: string): Promise<Pick<Planned, 'networks' | 'look'>> {
  const combined = await combinedTeacher(project, id);
  if (combined) {
    const all = await Promise.all(combined.members.map((member) => askedOf(project, member)));
    // With several extractors the first one counts: the images they need are the same.
    return { networks: all.flatMap(({ networks }) => networks), look: all.find(({ look }) => look)?.look };
  }
  const extractor = await headExtractor(project, id);
  // With an external extractor no network of ours is run.
  if (extractor) return { networks: [], look: { extractor, imageIds: new Int32Array() } };
  // A table of scores runs no network at all.
  if (!(await hasNetwork({ project }, { id }))) return { networks: [], look: undefined };
  const model = await describeModel(await openModel({ project }, { id }));
  const { network, imageSizePx } = model;
  return { networks: [{ network, imageSizePx, preprocessing: preprocessingOf(model) }], look: undefined };
}

/** The features that a model on top of an extractor needs for these images. */
function lookAt({ look }: Planned, imageIds: Int32Array): PlannedLook | undefined {
  return look && { ...look, imageIds };
}
