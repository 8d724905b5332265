/**
 * The single table of the method's stages, in order. All code that lists, names, titles, prices or checks stages reads
 * it here: a new stage is a row of this table and a step in `method.ts`. What a stage computes is in a file of its own.
 */

/** How far to go, in the order of the method; every earlier stage is done too, or reused if it was done before. */
export const goals = {
  teacher: { title: 'Training the teacher', description: 'Train the teacher on the labelled images.' },
  label: { title: 'Labelling the collection', description: 'Let the teacher label the unlabelled images.' },
  select: { title: 'Selecting the top K', description: 'Rank the images of each class and keep the top K.' },
  student: {
    title: 'Training the student',
    description: 'Pre-train the student on the selection and fine-tune it on the labels.',
  },
  evaluate: { title: 'Training and comparing', description: 'Compare all models on the held-out images.' },
} as const;

export type Goal = keyof typeof goals;
export const goalNames = Object.keys(goals) as [Goal, ...Goal[]];

/** The role of a trained model in a comparison. The result is compared with the baseline. */
export type ModelRole = 'teacher' | 'baseline' | 'step' | 'result';

/** Whose work a stage is, for display colours. */
export type StageSide = 'teacher' | 'student';

/**
 * What the duration of a stage is proportional to: images trained on, images predicted, images ranked, or models times
 * held-out images.
 */
export type StageCost = 'train' | 'predict' | 'rank' | 'compare';

interface StageRow<Name extends string = string> {
  /** For display, as a heading. */
  readonly title: string;
  /** For display while it is running. */
  readonly activity: string;
  /** The first goal that needs it. */
  readonly goal: Goal;
  /** The stages that it builds on; if one of them trains a model, this one continues from it. */
  readonly parents: readonly Name[];
  readonly side: StageSide;
  readonly cost: StageCost;
  /** What distinguishes two of its runs in their display names, in this order. */
  readonly calledBy: readonly ('network' | 'length' | 'parent' | 'topP' | 'k')[];
  /** The files that a finished run has in its folder, apart from its record. */
  readonly outputs: readonly string[];
  /** What can be exported from it. */
  readonly exports: readonly ('model' | 'predictions' | 'selection')[];
  /** The model that it trains: its name in a comparison, and for display. */
  readonly model?: {
    readonly name: string;
    readonly title: string;
    readonly learntFrom: string;
    readonly role: ModelRole;
  };
  /**
   * Version of its algorithm: incremented when the same inputs give a different outcome than before, so that no
   * finished run of an earlier program is reused for it. The first revision is not part of a run's name.
   */
  readonly revision: number;
}

const TRAINING = {
  cost: 'train',
  outputs: ['model.safetensors', 'metrics.jsonl', 'trained-on.parquet', 'classes.json'],
  exports: ['model', 'predictions'],
} as const;

const table = {
  tags: {
    ...TRAINING,
    title: 'Teacher, tags',
    activity: 'Teacher: learning tags',
    goal: 'teacher',
    parents: [],
    side: 'teacher',
    calledBy: ['network', 'length'],
    exports: ['model'],
    revision: 1,
  },
  teacher: {
    ...TRAINING,
    title: 'Teacher',
    activity: 'Teacher: training',
    goal: 'teacher',
    parents: ['tags'],
    side: 'teacher',
    calledBy: ['network', 'length'],
    model: {
      name: 'teacher',
      title: 'Teacher',
      learntFrom: 'the larger network, on the labels',
      role: 'teacher',
    },
    revision: 1,
  },
  label: {
    title: 'Labelling',
    activity: 'Teacher: labelling',
    goal: 'label',
    parents: ['teacher'],
    side: 'teacher',
    cost: 'predict',
    calledBy: ['parent', 'topP'],
    outputs: ['classes.json'],
    exports: ['predictions'],
    revision: 1,
  },
  select: {
    title: 'Selection',
    activity: 'Ranking, top K',
    goal: 'select',
    parents: ['label'],
    side: 'student',
    cost: 'rank',
    calledBy: ['k'],
    outputs: ['selection.parquet', 'excluded.parquet', 'classes.json'],
    exports: ['selection'],
    // Since the second, fewer pictures are near-copies: no colour cell may differ much.
    revision: 2,
  },
  supervised: {
    ...TRAINING,
    title: 'Student, labels only',
    activity: 'Student: labels only',
    goal: 'student',
    parents: [],
    side: 'student',
    calledBy: ['network', 'length'],
    model: {
      name: 'supervised',
      title: 'Student, labels only',
      learntFrom: 'the baseline: no unlabelled image',
      role: 'baseline',
    },
    revision: 1,
  },
  pretrain: {
    ...TRAINING,
    title: 'Student, pre-training',
    activity: 'Student: pre-training',
    goal: 'student',
    parents: ['select'],
    side: 'student',
    calledBy: ['network', 'parent'],
    model: {
      name: 'pretrained',
      title: 'Student, pre-trained',
      learntFrom: "the teacher's selection alone",
      role: 'step',
    },
    revision: 1,
  },
  finetune: {
    ...TRAINING,
    title: 'Student, fine-tuning',
    activity: 'Student: fine-tuning',
    goal: 'student',
    parents: ['pretrain'],
    side: 'student',
    calledBy: ['parent'],
    model: {
      name: 'finetuned',
      title: 'Student, fine-tuned',
      learntFrom: 'the selection, then the labels',
      role: 'result',
    },
    revision: 1,
  },
  evaluate: {
    title: 'Comparison',
    activity: 'Evaluation',
    goal: 'evaluate',
    parents: ['teacher', 'supervised', 'pretrain', 'finetune'],
    side: 'student',
    cost: 'compare',
    calledBy: [],
    outputs: ['evaluations.json', 'predictions.parquet', 'classes.json'],
    exports: ['predictions'],
    // Since the second, includes the temperatures of its models.
    revision: 2,
  },
} as const satisfies Readonly<Record<string, StageRow>>;

type Table = typeof table;
export type StageName = keyof Table;
/** A stage that trains a model. */
export type TrainingStage = {
  [Name in StageName]: Table[Name] extends { readonly model: object } ? Name : never;
}[StageName];
/** The names of the models in a comparison. */
export type EvaluatedModel = Table[TrainingStage]['model']['name'];

export const stages: Readonly<Record<StageName, StageRow<StageName>>> = table;
/** In the order of the method. */
export const stageNames = Object.keys(table) as [StageName, ...StageName[]];

interface ComparedModel {
  readonly stage: TrainingStage;
  readonly title: string;
  readonly learntFrom: string;
  readonly role: ModelRole;
}

const trained = stageNames.flatMap((stage) => {
  const row = table[stage];
  if (!('model' in row)) return [];
  const { name, ...words } = row.model;
  return [[name, { stage: stage as TrainingStage, ...words }]] as const;
});
/** The models in a comparison, in the order of the method. */
export const comparedModels = Object.fromEntries(trained) as Readonly<Record<EvaluatedModel, ComparedModel>>;
export const modelNames = Object.keys(comparedModels) as [EvaluatedModel, ...EvaluatedModel[]];

/** The name of a stage's model in a comparison; undefined for a stage that trains none. */
export function modelOf(stage: StageName): EvaluatedModel | undefined {
  return modelNames.find((name) => comparedModels[name].stage === stage);
}

/** The only model in this role, of which each comparison has at most one. */
export function modelAs(role: Exclude<ModelRole, 'step'>): EvaluatedModel {
  const found = modelNames.find((name) => comparedModels[name].role === role);
  if (!found) throw new Error(`no stage trains the ${role}`);
  return found;
}

/** The stage whose model this one continues to train, if any. */
export function continuedStage(stage: StageName): TrainingStage | undefined {
  if (stages[stage].model === undefined) return undefined;
  return stages[stage].parents.find((parent): parent is TrainingStage => stages[parent].model !== undefined);
}
