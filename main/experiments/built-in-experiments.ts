/**
 * The paper's study as experiments that can be repeated on other images: its six recommendations (section 4.3), its sweeps over
 * K and P, and ideas that are not in the paper, compared with the paper's rule. Each keeps all other settings as the project's
 * recipe has them, including those that `auto` would change along with the varied one (lengths above all).
 */
import type { Combination } from '../catalogue/combined-scores.ts';
import { WrongUsage } from '../failure.ts';
import { LEAST_TOP_P } from '../pipeline/combined-label.ts';
import type { Recipe } from '../pipeline/recipe-schema.ts';
import { type ResolvedRecipe, suggestedK } from '../pipeline/resolve-recipe.ts';
import { modelAs } from '../pipeline/stages.ts';
import type { Cell, Experiment, Settings } from './experiment.ts';

/** The project and recipe that an experiment is made for. */
export interface Ground {
  readonly recipe: ResolvedRecipe;
  /** The recipe as it was written, before `auto` values were resolved. */
  readonly asked: Recipe;
  readonly unlabelled: number;
  readonly classes: number;
  /** Images that have tags. */
  readonly tagged: number;
  /** Classes whose name is a tag of unlabelled images. */
  readonly taggedAs: number;
}

interface BuiltIn {
  readonly title: string;
  readonly question: string;
  /** Undefined where the paper has no such finding. */
  readonly claim: string | undefined;
  readonly make: (
    ground: Ground,
  ) => Pick<Experiment, 'settings' | 'cells' | 'against' | 'expected' | 'recommends' | 'judgedByHalf'>;
}

const LABELS_ONLY: Cell = { name: 'labels only', settings: {}, model: modelAs('baseline') };

const student = (name: string, settings: Settings = {}): Cell => ({ name, settings, model: 'finetuned' });

/** For selections by precision: held-out images are used where nobody made spot-checks. */
const HALF_CHOOSES =
  'Where a class was not spot-checked, one half of the held-out images decides where it ends; the other half judges all results.';

const TOGETHER: readonly (readonly [Combination, string])[] = [
  ['mean', 'their mean'],
  ['agreement', 'where they agree'],
  ['ranks', 'by the worse rank'],
];
const HALF = { 'select.evidence': 'half' } as const;

export const builtInExperiments = {
  'teacher-student': {
    title: '1: teacher and student',
    question: 'Does learning from a teacher help, even from one of the student’s own size?',
    claim:
      'the student gains from its teacher, and also from one of its own size (ResNet-50 on ImageNet: +2.7 and +1.2 points)',
    make: ({ recipe, asked }) => ({
      settings: lengths(recipe),
      cells: [
        LABELS_ONLY,
        student('self-training, equal networks', selfTraining(recipe, asked)),
        student('teacher of the recipe'),
        { name: 'the teacher itself', settings: {}, model: 'teacher' },
      ],
      against: LABELS_ONLY.name,
      expected: [
        { cell: 'self-training, equal networks', sign: 'above' },
        { cell: 'teacher of the recipe', sign: 'above' },
      ],
    }),
  },
  'fine-tuning': {
    title: '2: fine-tuning on the true labels',
    question: 'Does fine-tuning on the true labels help?',
    claim: 'the student gains from fine-tuning (ResNet-50 on ImageNet: 75.9 % before, 79.1 % after)',
    make: ({ recipe }) => ({
      settings: lengths(recipe),
      cells: [
        { name: 'without fine-tuning', settings: {}, model: 'pretrained' },
        student('with fine-tuning'),
        LABELS_ONLY,
      ],
      against: 'without fine-tuning',
      expected: [{ cell: 'with fine-tuning', sign: 'above' }],
    }),
  },
  'unlabelled-images': {
    title: '3: how many unlabelled images',
    question: 'Do more unlabelled images help?',
    claim: 'more is better (ImageNet: 75.3 % from 6 M, 78.0 % from 25 M, 79.1 % from 100 M images)',
    make: ({ recipe }) => {
      const shares = [1 / 16, 1 / 8, 1 / 4, 1 / 2].filter((share) => Math.round(share * recipe.select.k) >= 1);
      const cells = shares.map((share) => {
        const k = Math.max(1, Math.round(share * recipe.select.k));
        return student(`${nameOfShare(share)} of them, K = ${k}`, { 'select.share': share, 'select.k': k });
      });
      const all = student(`all, K = ${recipe.select.k}`);
      const against = (cells[0] ?? all).name;
      return {
        settings: lengths(recipe),
        cells: [LABELS_ONLY, ...cells, all],
        against,
        expected: against === all.name ? [] : [{ cell: all.name, sign: 'above' }],
      };
    },
  },
  'pre-training-length': {
    title: '4: how long to pre-train',
    question: 'Does longer pre-training help?',
    claim:
      'longer is better (ImageNet: 74.9 % after 0.1 B images, 78.6 % after 0.5 B, 79.1 % after 1 B, 79.35 % after 2 B)',
    make: ({ recipe }) => {
      const whole = recipe.pretrain.images;
      const cells = [1 / 8, 1 / 4, 1 / 2, 1, 2].map((factor) => {
        const images = Math.max(recipe.batch, Math.round(factor * whole));
        return student(`${images.toLocaleString('en')} images`, { 'pretrain.images': images });
      });
      const different = cells.filter(({ name }, place) => cells.findIndex((other) => other.name === name) === place);
      const [shortest, longest] = [different[0] as Cell, different.at(-1) as Cell];
      return {
        settings: lengths(recipe),
        cells: [LABELS_ONLY, ...different],
        against: shortest.name,
        expected: [{ cell: longest.name, sign: 'above' }],
      };
    },
  },
  selection: {
    title: '5: which images are chosen',
    question: 'Do ranking and balancing the inferred labels help?',
    claim: 'ranked and balanced is best (ImageNet: 79.2 %; ranked, unbalanced 78.4 %; random, balanced by tags 76.8 %)',
    make: ({ recipe, classes, taggedAs }) => {
      const cell = (order: 'ranked' | 'random', balanced: boolean) =>
        student(`${order}, ${balanced ? 'balanced' : 'unbalanced'}`, {
          'select.order': order,
          'select.balanced': balanced,
        });
      const best = cell('ranked', true);
      const others = [
        ...[cell('ranked', false), cell('random', true), cell('random', false)],
        // The paper's baseline, where every class has a tag of its name.
        ...(taggedAs === classes ? [student('random, balanced by tags', { 'select.by': 'tags' })] : []),
      ];
      return {
        settings: lengths(recipe),
        cells: [best, ...others],
        against: best.name,
        expected: others.map(({ name }) => ({ cell: name, sign: 'below' }) as const),
      };
    },
  },
  'weakly-supervised': {
    title: '6: a weakly supervised teacher',
    question: 'Does a teacher that starts from weakly supervised weights help?',
    claim: 'a teacher that was pre-trained on hashtags is better (ResNet-50 student on ImageNet: 79.1 % to 81.2 %)',
    make: ({ recipe, asked, tagged }) => {
      const { startFrom } = recipe.teacher;
      if (startFrom === null && tagged === 0) {
        throw new WrongUsage(
          'The images of this project have no tags to pre-train a teacher on: add images with tags, or bring weights that were pre-trained on tags (understudy bring DIR FILE --as teacher-start), or name a file with --set teacher.startFrom=FILE.',
        );
      }
      const own = { 'teacher.startFrom': null, 'teacher.tags': null, 'teacher.run': null, 'teacher.features': null };
      const random = student('teacher from random weights', own);
      const learnt = { ...own, 'teacher.tags': asked.teacher.tags ?? {} };
      const cells = [
        ...(tagged > 0 ? [student('teacher that learnt tags first', learnt)] : []),
        ...(startFrom === null
          ? []
          : [student(`teacher from ${startFrom}`, { 'teacher.startFrom': startFrom, 'teacher.tags': null })]),
      ];
      return {
        settings: lengths(recipe),
        cells: [random, ...cells],
        against: random.name,
        expected: cells.map(({ name }) => ({ cell: name, sign: 'above' }) as const),
      };
    },
  },
  k: {
    title: 'K: how many images a class',
    question: 'Which K is best?',
    claim: 'K is best in the middle (ResNet-50 on ImageNet: 77.1 % at 1k, 79.1 % at 8k and 16k, 78.1 % at 64k)',
    make: ({ recipe, unlabelled }) => {
      const { k } = recipe.select;
      const all = [k / 4, k / 2, k, 2 * k, 4 * k].map((value) => Math.max(1, Math.min(unlabelled, Math.round(value))));
      const name = (value: number) => `K = ${value.toLocaleString('en')}`;
      return {
        settings: lengths(recipe),
        cells: [...new Set(all)].map((value) => student(name(value), { 'select.k': value })),
        against: name(k),
        expected: [],
      };
    },
  },
  p: {
    title: 'P: classes an image may stand in',
    question: 'Which P is best?',
    claim: 'P = 10 of 1,000 classes reaches rare classes',
    make: ({ recipe, classes }) => {
      const all = [...new Set([1, 2, 3, 5, 10].filter((p) => p <= classes))];
      const most = all.at(-1) ?? 1;
      const name = (value: number) => `P = ${value}`;
      return {
        // So that one labelling serves all cells.
        settings: { ...lengths(recipe), 'label.topP': most },
        cells: all.map((value) => student(name(value), { 'select.topP': value })),
        against: name(1),
        expected: [],
      };
    },
  },
  targets: {
    title: 'Targets: hard or soft',
    question: 'Does it help to learn all of the teacher’s probabilities for an image, instead of only its class?',
    claim: undefined,
    make: ({ recipe }) => {
      const hard = student('hard targets', { 'pretrain.targets': 'hard' });
      const soft = student('soft targets', { 'pretrain.targets': 'soft' });
      return { settings: lengths(recipe), cells: [hard, soft], against: hard.name, expected: [], recommends: true };
    },
  },
  rounds: {
    title: 'Rounds: the student as the next teacher',
    question: 'Does a second round help, in which the student is the teacher?',
    claim: undefined,
    make: ({ recipe }) => {
      const once = student('one round');
      const twice: Cell = { ...student('two rounds'), rounds: 2 };
      const cells = [once, twice, LABELS_ONLY];
      return { settings: lengths(recipe), cells, against: once.name, expected: [], recommends: true };
    },
  },
  teachers: {
    title: 'Teachers: one, or two together',
    question: 'Does it help if two teachers label, which differ only in their seed?',
    claim: undefined,
    make: ({ recipe, classes }) => {
      const one = student('one teacher');
      const together = ([how, words]: readonly [Combination, string]): Cell => ({
        ...student(`two teachers, ${words}`),
        teachers: { count: 2, how },
      });
      const settings = {
        ...lengths(recipe),
        // As many classes as a combination needs from each teacher, so that one labelling per teacher serves all cells.
        'label.topP': Math.min(classes, Math.max(2 * recipe.label.topP, LEAST_TOP_P)),
        'select.topP': recipe.select.topP ?? recipe.label.topP,
      };
      const cells = [one, ...TOGETHER.map(together)];
      return { settings, cells, against: one.name, expected: [], recommends: true };
    },
  },
  thresholds: {
    title: 'Thresholds: where a class’s selection ends',
    question: `Does it help to end a class before K, where its precision falls below a limit? ${HALF_CHOOSES}`,
    claim: undefined,
    make: ({ recipe }) => {
      const rule = student(`K = ${recipe.select.k} for every class`, { 'select.precision': null });
      const purer = [0.7, 0.8, 0.9].map((precision) =>
        student(`at least ${Math.round(100 * precision)} % right`, { 'select.precision': precision, ...HALF }),
      );
      const settings = lengths(recipe);
      const cells = { cells: [rule, ...purer], against: rule.name, expected: [] };
      return { settings, ...cells, recommends: true, judgedByHalf: true };
    },
  },
  'k-auto': {
    title: 'K: the paper’s ratio, or the precision curve',
    question: `Does it help to end every class where one more image is wrong more often than right? ${HALF_CHOOSES}`,
    claim: undefined,
    make: ({ recipe, unlabelled, classes }) => {
      const { k } = suggestedK({ unlabelled: Math.ceil(unlabelled * (recipe.select.share ?? 1)), classes });
      const rule = student(`K = ${k}, automatic`, { 'select.k': k });
      const curve = student('K by the precision curve', { 'select.k': 'curve', ...HALF });
      const cells = { cells: [rule, curve], against: rule.name, expected: [] };
      return { settings: lengths(recipe), ...cells, recommends: true, judgedByHalf: true };
    },
  },
} as const satisfies Readonly<Record<string, BuiltIn>>;

export type BuiltInName = keyof typeof builtInExperiments;
export const builtInNames = Object.keys(builtInExperiments) as [BuiltInName, ...BuiltInName[]];

/** By its name or, for the paper's recommendations, by number; undefined if there is none. */
export function builtInNamed(name: string): BuiltInName | undefined {
  const numbered = /^[1-6]$/.test(name) ? builtInNames[Number(name) - 1] : undefined;
  return numbered ?? builtInNames.find((one) => one === name);
}

/** Throws `WrongUsage` if the project lacks what the experiment needs, such as tags. */
export function builtInExperiment(name: BuiltInName, ground: Ground): Experiment {
  const { title, question, claim, make }: BuiltIn = builtInExperiments[name];
  return { name, title, question, claim, ...make(ground) };
}

/** The values that `auto` resolves to, made explicit, so that they stay the same when a cell changes what they derive from. */
function lengths({ teacher, supervised, pretrain, finetune, label, select, ...recipe }: ResolvedRecipe): Settings {
  return {
    batch: recipe.batch,
    imageSizePx: recipe.imageSizePx,
    // Setting a teacher's training would request a new teacher in place of an existing one.
    ...(teacher.run === null ? { 'teacher.training.images': teacher.training.images } : {}),
    'supervised.training.images': supervised.training.images,
    'label.topP': label.topP,
    'select.k': select.k,
    'select.topP': select.topP ?? label.topP,
    'pretrain.images': pretrain.images,
    'finetune.images': finetune.images,
  };
}

/** Makes the teacher the same network, with the same training, as the student trained on the labels alone. */
function selfTraining({ supervised: { training } }: ResolvedRecipe, { student: own, supervised }: Recipe): Settings {
  const { model, width, blocks, stem, startFrom } = own;
  return {
    'teacher.run': null,
    'teacher.features': null,
    'teacher.model': model,
    'teacher.width': width,
    'teacher.blocks': blocks,
    'teacher.stem': stem,
    'teacher.startFrom': startFrom,
    'teacher.training': { ...supervised.training, images: training.images },
  };
}

function nameOfShare(share: number): string {
  return (
    new Map([
      [1 / 16, 'a sixteenth'],
      [1 / 8, 'an eighth'],
      [1 / 4, 'a quarter'],
      [1 / 2, 'a half'],
    ]).get(share) ?? `a share of ${share}`
  );
}
