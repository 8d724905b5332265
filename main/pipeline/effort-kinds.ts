/** The options of each effort, for pictures and for clips: networks, sizes, and the time limit. */
import { builtInRecipes, unflipped } from './built-in-recipes.ts';
import { parseRecipe } from './recipe.ts';
import type { Recipe } from './recipe-schema.ts';

export const effortNames = ['quick', 'balanced', 'best'] as const;
export type EffortName = (typeof effortNames)[number];

interface Networks {
  readonly title: string;
  readonly student: string;
  readonly teacherSettings: readonly string[];
  readonly studentSettings: readonly string[];
}

const papers: Networks = {
  title: 'The paper’s networks learn',
  student: 'a student of the paper’s size learns',
  teacherSettings: ['teacher.model=resnext101_32x4d'],
  studentSettings: ['student.model=resnet50'],
};
const middle: Networks = {
  title: 'Networks of middle size learn',
  student: 'a student of middle size learns',
  teacherSettings: ['teacher.model=resnet18'],
  studentSettings: ['student.model=resnet18'],
};
const small: Networks = {
  title: 'Small networks learn',
  student: 'a small student learns',
  teacherSettings: ['teacher.model=small-basic', 'teacher.width=48'],
  studentSettings: ['student.model=small-basic', 'student.width=16'],
};

const papersClips: Networks = {
  title: 'The paper’s networks for clips learn',
  student: 'a student of the paper’s size learns',
  teacherSettings: ['teacher.model=r2plus1d_34'],
  studentSettings: ['student.model=r2plus1d_18'],
};
const middleClips: Networks = {
  title: 'Networks for clips, of middle size, learn',
  student: 'a student of middle size learns',
  teacherSettings: ['teacher.model=r2plus1d_18'],
  studentSettings: ['student.model=r2plus1d_18'],
};
const smallClips: Networks = {
  title: 'Small networks for clips learn',
  student: 'a small student learns',
  teacherSettings: ['teacher.model=small-clips', 'teacher.width=16'],
  studentSettings: ['student.model=small-clips', 'student.width=8'],
};

export interface Choice {
  readonly networks: Networks;
  /** Larger pictures are scaled down to this size. */
  readonly mostPx: number;
}

export interface EffortKind {
  readonly base: Recipe;
  /** The first that learns enough within the time is chosen, or else the last. */
  readonly choices: readonly [Choice, ...Choice[]];
  /** The time limit for everything; null if unlimited. */
  readonly seconds: number | null;
  /** A training of fewer steps is not worthwhile if smaller networks can do more. */
  readonly leastSteps: number;
}

const scaled = parseRecipe(builtInRecipes.default);
/** Everything that a recipe leaves open follows the paper, in passes over the images available. */
const asInPaper = parseRecipe({ teacher: { model: 'resnext101_32x4d' }, student: { model: 'resnet50' } });

const kinds: Readonly<Record<EffortName, EffortKind>> = {
  quick: {
    base: scaled,
    choices: [
      { networks: middle, mostPx: 96 },
      { networks: small, mostPx: 64 },
      { networks: small, mostPx: 32 },
    ],
    seconds: 180,
    leastSteps: 250,
  },
  balanced: {
    base: scaled,
    choices: [
      { networks: middle, mostPx: 224 },
      { networks: middle, mostPx: 96 },
      { networks: small, mostPx: 64 },
      { networks: small, mostPx: 32 },
    ],
    seconds: 1800,
    leastSteps: 1000,
  },
  best: { base: asInPaper, choices: [{ networks: papers, mostPx: 224 }], seconds: null, leastSteps: 0 },
};

const scaledClips = parseRecipe(builtInRecipes.clips);
const asTheyAre = { augmentation: unflipped };
const clipsAsInPaper = parseRecipe({
  teacher: { model: 'r2plus1d_34', training: asTheyAre },
  student: { model: 'r2plus1d_18' },
  supervised: { training: asTheyAre },
  pretrain: asTheyAre,
  finetune: asTheyAre,
});

const kindsOfClips: Readonly<Record<EffortName, EffortKind>> = {
  quick: {
    ...kinds.quick,
    base: scaledClips,
    choices: [
      { networks: middleClips, mostPx: 56 },
      { networks: smallClips, mostPx: 32 },
      { networks: smallClips, mostPx: 16 },
    ],
  },
  balanced: {
    ...kinds.balanced,
    base: scaledClips,
    choices: [
      { networks: middleClips, mostPx: 112 },
      { networks: middleClips, mostPx: 56 },
      { networks: smallClips, mostPx: 32 },
      { networks: smallClips, mostPx: 16 },
    ],
  },
  best: { ...kinds.best, base: clipsAsInPaper, choices: [{ networks: papersClips, mostPx: 112 }] },
};

/** @param project `clipFrames` is absent if its images are pictures. */
export function kindOf(name: EffortName, { clipFrames }: { readonly clipFrames: number | undefined }): EffortKind {
  return (clipFrames === undefined ? kinds : kindsOfClips)[name];
}

export const mostChoices = Math.max(
  ...[kinds, kindsOfClips].flatMap((all) => effortNames.map((name) => all[name].choices.length)),
);
