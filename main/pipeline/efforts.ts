/**
 * The whole method in one click, at one of three efforts. Each is a recipe made for the collection and the device: the
 * networks are chosen by what was brought, by the pictures, and by the device's measured speed within the effort's
 * time; trainings that would exceed their share of it are shortened. `best` has no limit: it does what the paper does.
 * All three use what was brought; no run is started, and nothing but rates is written.
 */
import { isDeepStrictEqual } from 'node:util';
import { timeText } from '../amounts.ts';
import type { Project } from '../catalogue/project.ts';
import { importedFile } from './brought-teacher.ts';
import { CollectionUnfit } from './collection.ts';
import type { DeviceTrials } from './device-trials.ts';
import { type Choice, type EffortName, kindOf, mostChoices } from './effort-kinds.ts';
import { type Estimate, type EstimateMeans, estimateRun } from './estimate.ts';
import { requireExtractor } from './extractors.ts';
import { lastRecipe } from './kept-recipe.ts';
import { previewOf } from './preview-recipe.ts';
import { applySettings } from './recipe.ts';
import type { Recipe } from './recipe-schema.ts';
import type { RecipeExplanation, ResolvedRecipe } from './resolve-recipe.ts';
import { readRun } from './runs.ts';
import { findWeights } from './starting-weights.ts';

export interface Effort {
  readonly name: EffortName;
  readonly recipe: Recipe;
  /** The reasons for the choices, in terms that need no knowledge of networks. */
  readonly because: readonly string[];
  /** The same in numbers, for experts. */
  readonly explanations: readonly RecipeExplanation[];
  readonly estimate: Estimate;
}

export interface EffortMeans extends Pick<EstimateMeans, 'rates' | 'signal'> {
  readonly trials: DeviceTrials;
  /** Additional settings, such as `engine.device=cpu`; they override the effort's choices. */
  readonly set?: readonly string[];
  /** Called before each of at most `STEPS_AT_MOST` steps, which may measure. */
  readonly onStep?: () => void;
}

/**
 * The most calls of `onStep` for an effort: the cost of each choice is calculated, and measured if it may be chosen.
 */
export const STEPS_AT_MOST = 2 * mostChoices;

/** The least share of an effort's time for learning; decoding and labelling could otherwise leave none. */
const LEAST_LEARNING = 0.4;
/** Guaranteed however little time there is. */
const FEWEST_STEPS = 20;
/** Shares of the time for learning; what a training does not need goes to the others. */
const parts = { teacher: 1, supervised: 1, pretrain: 1.5, finetune: 0.5 } as const;
type Training = keyof typeof parts;
const lengthPaths: Readonly<Record<Training, string>> = {
  teacher: 'teacher.training.images',
  supervised: 'supervised.training.images',
  pretrain: 'pretrain.images',
  finetune: 'finetune.images',
};
const trainingNames = Object.keys(parts) as Training[];

/**
 * Throws `CollectionUnfit` if nothing can be trained yet, `WrongUsage` for settings that cannot be met, `Interrupted`
 * when `signal` aborts.
 */
export async function effortOf(project: Project, name: EffortName, means: EffortMeans): Promise<Effort> {
  const { base, choices, seconds, leastSteps } = kindOf(name, project);
  const { set = [], onStep = () => {} } = means;
  const own = applySettings(await lastRecipe(project), set);
  const brought = await broughtFor(project, own);
  const medianPx = await project.catalogue.medianImageSizePx();
  for (const [place, choice] of choices.entries()) {
    const isLast = place === choices.length - 1;
    const asked = (lengths: readonly string[]) =>
      recipeFor({ base, choice, brought, own, medianPx }, [...lengths, ...set]);
    const enough = ({ resolved, estimate }: Estimated) =>
      seconds === null ||
      lengthsWithin(seconds, resolved, estimate).every(
        ({ images, whole }) => images >= Math.min(whole, leastSteps * resolved.batch),
      );
    onStep();
    if (!isLast && !enough(await estimated(project, asked([]), means, { exactly: false }))) continue;
    onStep();
    const whole = await estimated(project, asked([]), means, { exactly: true });
    if (!isLast && !enough(whole)) continue;

    const lengths = seconds === null ? [] : lengthsWithin(seconds, whole.resolved, whole.estimate);
    const cut = lengths.filter(({ images, whole: all }) => images < all);
    const recipe = withKnownLengths(
      asked(cut.map(({ training, images }) => `${lengthPaths[training]}=${images}`)),
      own,
    );
    const { resolved, explanations, estimate } =
      cut.length > 0 ? await estimated(project, recipe, means, { exactly: false }) : whole;
    const because = [
      whatLearns(choice, brought, shownOf(project, resolved)),
      ...(place > 0 ? ['Larger networks would learn too little on this device in the time.'] : []),
      ...(cut.length > 0 ? [`Trainings are cut so that all of it takes about ${timeText(seconds ?? 0)}.`] : []),
      ...(seconds === null ? ['Trainings are as long as the paper’s are for this many images.'] : []),
    ];
    return { name, recipe, because, explanations, estimate };
  }
  throw new Error(`the effort ${name} has no choices`);
}

interface Estimated {
  readonly resolved: ResolvedRecipe;
  readonly explanations: readonly RecipeExplanation[];
  readonly estimate: Estimate;
}

async function estimated(
  project: Project,
  recipe: Recipe,
  { rates, trials, signal }: EffortMeans,
  { exactly }: { readonly exactly: boolean },
): Promise<Estimated> {
  const { resolved, sets, unfit, explanations } = await previewOf(project, recipe, []);
  if (!resolved || !sets) throw new CollectionUnfit(unfit ?? 'Nothing can be trained yet.');
  const means = { rates, trials, exactly, signal };
  const estimate = await estimateRun({ project, goal: 'evaluate', recipe: resolved, sets }, means);
  return { resolved, explanations, estimate };
}

/** What the project was given for its networks, and how to describe it. */
interface Brought {
  readonly teacher: Partial<Recipe['teacher']>;
  readonly student: Partial<Recipe['student']>;
  readonly teacherSays: string | undefined;
  readonly studentSays: string | undefined;
}

async function broughtFor(project: Project, { teacher, student }: Recipe): Promise<Brought> {
  const begins = async ({ startFrom, tuning }: Recipe['student']) => {
    if (startFrom === null) return { part: {}, says: undefined };
    return { part: { startFrom, tuning }, says: `begins from ${(await findWeights(project, startFrom)).file}` };
  };
  const own = await begins(student);
  const ofStudent = { student: own.part, studentSays: own.says && `the student ${own.says}` };
  const { run, features, head, balanced } = teacher;
  const imported = run === null ? undefined : await readRun(project, run);
  if (run !== null && imported && importedFile(imported) !== undefined) {
    return {
      teacher: { run },
      teacherSays: `The teacher is ${importedFile(imported)}, as it was brought`,
      ...ofStudent,
    };
  }
  // A classifier over features supports only one class per image.
  if (features !== null && (await project.catalogue.labelSetting()) === 'one') {
    const { file } = await requireExtractor(project, features);
    return {
      teacher: { features, head, balanced },
      teacherSays: `The teacher uses the features of ${file}`,
      ...ofStudent,
    };
  }
  const start = await begins(teacher);
  return { teacher: start.part, teacherSays: start.says && `The teacher ${start.says}`, ...ofStudent };
}

interface Making {
  readonly base: Recipe;
  readonly choice: Choice;
  readonly brought: Brought;
  /** The project's own recipe: the device to compute on, and which images are held out. */
  readonly own: Recipe;
  readonly medianPx: number;
}

function recipeFor({ base, choice, brought, own, medianPx }: Making, settings: readonly string[]): Recipe {
  const { teacherSettings, studentSettings } = choice.networks;
  const { startFrom } = brought.teacher;
  // Brought weights determine the size of their pictures.
  const begun = typeof startFrom === 'string' || typeof brought.student.startFrom === 'string';
  const made = applySettings(base, [
    ...teacherSettings,
    ...studentSettings,
    ...(!begun && medianPx > choice.mostPx ? [`imageSizePx=${choice.mostPx}`] : []),
  ]);
  const { seed, engine, heldOut } = own;
  const [teacher, student] = [
    { ...made.teacher, ...brought.teacher },
    { ...made.student, ...brought.student },
  ];
  return applySettings({ ...made, seed, engine, heldOut, teacher, student }, settings);
}

interface Length {
  readonly training: Training;
  /** The length if nothing shortens it. */
  readonly whole: number;
  readonly images: number;
}

/** For the trainings that are still to be done: one that needs less than its share leaves the rest to the others. */
function lengthsWithin(seconds: number, { batch, teacher }: ResolvedRecipe, estimate: Estimate): Length[] {
  const isGiven = teacher.run !== null || teacher.features !== null;
  const open = trainingNames
    .filter((training) => training !== 'teacher' || !isGiven)
    .flatMap((training) => {
      const found = estimate.stages.find(({ stage, done }) => stage === training && !done);
      return found ? [{ training, whole: found.images, seconds: found.seconds ?? Number.POSITIVE_INFINITY }] : [];
    })
    .toSorted((a, b) => a.seconds / parts[a.training] - b.seconds / parts[b.training]);
  const learning = open.reduce((sum, one) => sum + one.seconds, 0);
  const others = Number.isFinite(learning) ? (estimate.seconds ?? 0) - learning : 0;
  let left = Math.max(LEAST_LEARNING * seconds, seconds - others);
  let partsLeft = open.reduce((sum, { training }) => sum + parts[training], 0);
  return open.map(({ training, whole, seconds: needed }) => {
    const given = Math.min(needed, (left * parts[training]) / partsLeft);
    left -= given;
    partsLeft -= parts[training];
    const images = given < needed ? Math.max(FEWEST_STEPS * batch, twoDigits((whole * given) / needed)) : whole;
    return { training, whole, images: Math.min(whole, images) };
  });
}

/** Rounded down to two digits, so that a device that is a little faster today gives the same recipe. */
function twoDigits(images: number): number {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, images))) - 1);
  return Math.floor(images / step) * step;
}

/**
 * Returns the project's own recipe if this one differs only in lengths, and in none by more than a factor of two:
 * measurements vary a little, and a method already started should continue.
 */
function withKnownLengths(made: Recipe, own: Recipe): Recipe {
  const [lengths, known] = [lengthsOf(made), lengthsOf(own)];
  const near = trainingNames.every((training) => {
    const [a, b] = [lengths[training], known[training]];
    return a === b || (a !== 'auto' && b !== 'auto' && a <= 2 * b && b <= 2 * a);
  });
  return near && isDeepStrictEqual(withLengths(made, known), own) ? own : made;
}

type Lengths = Readonly<Record<Training, number | 'auto'>>;

function lengthsOf({ teacher, supervised, pretrain, finetune }: Recipe): Lengths {
  return {
    teacher: teacher.training.images,
    supervised: supervised.training.images,
    pretrain: pretrain.images,
    finetune: finetune.images,
  };
}

function withLengths({ teacher, supervised, ...recipe }: Recipe, lengths: Lengths): Recipe {
  return {
    ...recipe,
    teacher: { ...teacher, training: { ...teacher.training, images: lengths.teacher } },
    supervised: { ...supervised, training: { ...supervised.training, images: lengths.supervised } },
    pretrain: { ...recipe.pretrain, images: lengths.pretrain },
    finetune: { ...recipe.finetune, images: lengths.finetune },
  };
}

function shownOf({ clipFrames }: Project, { imageSizePx }: ResolvedRecipe): string {
  const size = `${imageSizePx} × ${imageSizePx} pixels`;
  return clipFrames === undefined ? `pictures of ${size}` : `clips of ${clipFrames} frames of ${size}`;
}

function whatLearns({ networks }: Choice, { teacherSays, studentSays }: Brought, shown: string): string {
  if (teacherSays === undefined && studentSays === undefined) return `${networks.title} from ${shown}.`;
  const student = studentSays ?? networks.student;
  const teacher = teacherSays ?? 'The teacher is trained again';
  return studentSays === undefined ? `${teacher}; ${student} from ${shown}.` : `${teacher}; ${student}, on ${shown}.`;
}
