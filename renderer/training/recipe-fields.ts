/** The settings of a recipe that a screen offers: the basic ones, and those under “Expert”. Texts are in `text/`. */

export type Scope = 'teacher' | 'scoring' | 'student';

interface FieldBase {
  /** Its path in the recipe; its texts are found by the part after the stage's name. */
  readonly path: string;
  /** Offered only if this setting is present. */
  readonly needs?: string;
  /** The default if the recipe does not contain it. */
  readonly absent?: string | number;
}

export type RecipeField = FieldBase &
  (
    | {
        readonly kind: 'number';
        readonly whole: boolean;
        readonly minimum: number;
        readonly maximum?: number;
        /** The meaning of an empty field. */
        readonly empty?: 'auto' | 'all' | null;
      }
    | { readonly kind: 'model' | 'device' }
    | { readonly kind: 'choice'; readonly choices: readonly string[] }
    | { readonly kind: 'flag' }
  );

export interface FieldGroup {
  readonly name:
    | 'basics'
    | 'network'
    | 'tuning'
    | 'schedule'
    | 'optimiser'
    | 'augmentation'
    | 'pretrain'
    | 'finetune'
    | 'engine';
  readonly fields: readonly RecipeField[];
}

const count = (path: string, empty?: 'auto' | null): RecipeField => ({
  path,
  kind: 'number',
  whole: true,
  minimum: 1,
  ...(empty === undefined ? {} : { empty }),
});
const share = (path: string, maximum = 1): RecipeField => ({
  path,
  kind: 'number',
  whole: false,
  minimum: 0,
  maximum,
});
const rate = (path: string, empty?: 'auto'): RecipeField => ({
  path,
  kind: 'number',
  whole: false,
  minimum: 0,
  ...(empty === undefined ? {} : { empty }),
});
const flag = (path: string): RecipeField => ({ path, kind: 'flag' });
const choice = (path: string, ...choices: string[]): RecipeField => ({ path, kind: 'choice', choices });

const size: RecipeField = {
  path: 'imageSizePx',
  kind: 'number',
  whole: true,
  minimum: 8,
  maximum: 1024,
  empty: 'auto',
};
const batch = count('batch', 'auto');
const device: RecipeField = { path: 'engine.device', kind: 'device' };
const seed: RecipeField = { path: 'seed', kind: 'number', whole: true, minimum: 0 };

const network = (stage: 'teacher' | 'student'): RecipeField[] => [
  { path: `${stage}.model`, kind: 'model' },
  count(`${stage}.width`, null),
  choice(`${stage}.stem`, 'auto', 'imagenet', 'small'),
];

/** For a teacher with eyes from elsewhere. */
const head: RecipeField = {
  ...choice('teacher.head', 'auto', 'linear', 'mlp', 'nearest'),
  needs: 'teacher.features',
};

const tuning = (stage: 'teacher' | 'student'): FieldGroup => {
  const needs = `${stage}.startFrom`;
  const trainedStages = { kind: 'number', whole: true, minimum: 0, empty: 'all' } as const;
  return {
    name: 'tuning',
    fields: [
      { path: `${stage}.tuning.trainedStages`, ...trainedStages, needs },
      { ...rate(`${stage}.tuning.headRateFactor`, 'auto'), needs },
      { ...share(`${stage}.tuning.rateDecay`), needs },
      { ...flag(`${stage}.tuning.frozenStatistics`), needs },
    ],
  };
};

const studentLengths: RecipeField[] = [
  count('pretrain.images', 'auto'),
  count('finetune.images', 'auto'),
  count('supervised.training.images', 'auto'),
];

const schedule = (training: string): RecipeField[] => [
  choice(`${training}.schedule.kind`, 'warmupHalving', 'step', 'cosine', 'oneCycle', 'constant'),
  rate(`${training}.schedule.peakRate`, 'auto'),
];

const optimiser = (training: string): RecipeField[] => [
  { ...choice(`${training}.optimiser.kind`, 'sgd', 'adamw'), absent: 'sgd' },
  share(`${training}.optimiser.momentum`),
  { path: `${training}.optimiser.weightDecay`, kind: 'number', whole: false, minimum: 0 },
  flag(`${training}.optimiser.nesterov`),
  share(`${training}.labelSmoothing`),
  share(`${training}.dropout`, 0.95),
  { ...share(`${training}.stochasticDepth`, 0.95), absent: 0 },
];

const augmentation = (training: string): RecipeField[] => [
  choice(`${training}.augmentation.crop`, 'auto', 'none', 'reflectPad', 'randomResized'),
  flag(`${training}.augmentation.horizontalFlip`),
  share(`${training}.augmentation.colourJitter`),
  share(`${training}.augmentation.randomErasing`),
  choice(`${training}.augmentation.mix`, 'none', 'mixup', 'cutmix'),
];

const engine: FieldGroup = {
  name: 'engine',
  fields: [
    { ...choice('engine.precision', 'auto', 'fp32', 'bf16'), absent: 'auto' },
    ...[count('engine.threads', null), count('engine.imagesAtOnce', null), seed],
  ],
};

const targets: RecipeField = { ...choice('pretrain.targets', 'hard', 'soft'), absent: 'hard' };

export const basicFields: Readonly<Record<Scope, readonly RecipeField[]>> = {
  teacher: [size, device],
  scoring: [count('label.topP', 'auto'), count('label.batch'), device, { ...flag('label.int8'), absent: 'false' }],
  student: [flag('supervised.enabled'), device],
};

export const moreFields: Readonly<Record<Scope, readonly FieldGroup[]>> = {
  teacher: [
    { name: 'network', fields: [head, ...network('teacher'), count('teacher.training.images', 'auto'), batch] },
    tuning('teacher'),
    { name: 'schedule', fields: schedule('teacher.training') },
    { name: 'optimiser', fields: optimiser('teacher.training') },
    { name: 'augmentation', fields: augmentation('teacher.training') },
    engine,
  ],
  scoring: [],
  student: [
    { name: 'network', fields: [...network('student'), ...studentLengths, size, batch] },
    tuning('student'),
    { name: 'pretrain', fields: [targets, ...schedule('pretrain'), ...optimiser('pretrain')] },
    { name: 'finetune', fields: [...schedule('finetune'), ...optimiser('finetune')] },
    { name: 'augmentation', fields: augmentation('pretrain') },
    engine,
  ],
};
