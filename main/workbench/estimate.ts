/**
 * What a run would cost, before it is started: images processed, time from the speed of earlier runs of the same kind here,
 * memory from the network's tensors, disk from what the stage writes.
 */
import { readClasses } from '../catalogue/classes.ts';
import type { Project } from '../catalogue/project.ts';
import type { RunRecord } from '../catalogue/run-record.ts';
import { readRuns } from '../catalogue/runs.ts';
import { elementCount } from '../graph/program.ts';
import { pixelCacheBytes } from '../images/pixel-cache.ts';
import { inferenceProgram } from '../models/programs.ts';
import type { Goal } from '../pipeline/method.ts';
import { chosenNetwork } from '../pipeline/network-choice.ts';
import type { ResolvedRecipe } from '../pipeline/resolve-recipe.ts';
import type { Estimate, Stage, StageEstimate } from './contract/runs.ts';

const STAGES_TO: Readonly<Record<Goal, readonly Stage[]>> = {
  teacher: ['teacher'],
  label: ['teacher', 'label'],
  select: ['teacher', 'label', 'select'],
  student: ['teacher', 'label', 'select', 'supervised', 'pretrain', 'finetune'],
  evaluate: ['teacher', 'label', 'select', 'supervised', 'pretrain', 'finetune', 'evaluate'],
};
const FLOAT_BYTES = 4;
/** An image's scores: id, class, probability, place, before compression. */
const SCORE_ROW_BYTES = 11;
/** Weights, momenta, and the second set of buffers that a step writes into. */
const STATE_COPIES = 4;
const TRAININGS: ReadonlySet<Stage> = new Set(['teacher', 'supervised', 'pretrain', 'finetune']);

export async function estimateRun(
  project: Project,
  goal: Goal,
  recipe: ResolvedRecipe,
  device: string,
): Promise<Estimate> {
  const runs = (await readRuns(project)).filter(({ state }) => state === 'succeeded');
  const unlabelled = (await project.catalogue.unlabelledImages()).length;
  const heldOut = (await project.catalogue.labelledImages('test')).imageIds.length;
  const classes = (await readClasses(project.database)).length;
  const stages = STAGES_TO[goal].filter((stage) => stage !== 'supervised' || recipe.supervised.enabled);
  return {
    device,
    stages: stages.map((stage) => {
      const images = imagesOf(stage, recipe, unlabelled, heldOut);
      const rate = rateOf(stage, recipe, runs);
      return {
        stage,
        images,
        seconds: rate === undefined ? null : images / rate,
        ...bytesOf(stage, recipe, classes, unlabelled),
        done: runs.some((run) => run.stage === stage && sameSettings(run, recipe)),
      };
    }),
  };
}

function imagesOf(stage: Stage, recipe: ResolvedRecipe, unlabelled: number, heldOut: number): number {
  switch (stage) {
    case 'teacher':
      return recipe.teacher.run === null ? recipe.teacher.training.images : 0;
    case 'supervised':
      return recipe.supervised.training.images;
    case 'pretrain':
      return recipe.pretrain.images;
    case 'finetune':
      return recipe.finetune.images;
    case 'evaluate':
      return heldOut * (recipe.supervised.enabled ? 4 : 3);
    case 'label':
    case 'select':
      return unlabelled;
    default:
      return stage satisfies never;
  }
}

/** Images a second of the newest run of this stage with the same network and image size; pre-training stands for fine-tuning. */
function rateOf(stage: Stage, recipe: ResolvedRecipe, runs: readonly RunRecord[]): number | undefined {
  const part = stage === 'teacher' || stage === 'label' ? 'teacher' : 'student';
  const alike = runs.filter(({ recipe: other, stage: ran, metrics }) => {
    const { imageSizePx, [part]: network } = other as ResolvedRecipe;
    const sameKind =
      ran === stage || (part === 'student' && TRAININGS.has(stage) && TRAININGS.has(ran) && ran !== 'teacher');
    const shape = ({ model, width, blocks }: ResolvedRecipe['student']) => JSON.stringify({ model, width, blocks });
    return (
      metrics.imagesPerSecond !== undefined &&
      sameKind &&
      imageSizePx === recipe.imageSizePx &&
      shape(network) === shape(recipe[part])
    );
  });
  return alike.at(-1)?.metrics.imagesPerSecond;
}

function bytesOf(
  stage: Stage,
  recipe: ResolvedRecipe,
  classes: number,
  unlabelled: number,
): Pick<StageEstimate, 'memoryBytes' | 'diskBytes'> {
  if (stage === 'select')
    return { memoryBytes: unlabelled * SCORE_ROW_BYTES, diskBytes: recipe.select.k * classes * SCORE_ROW_BYTES };
  const training = TRAININGS.has(stage);
  const choice = stage === 'teacher' || stage === 'label' ? recipe.teacher : recipe.student;
  const batch = training ? recipe.batch : recipe.label.batch;
  const network = chosenNetwork(choice, recipe.imageSizePx, classes);
  const program = inferenceProgram({ network, batch, imageSizePx: recipe.imageSizePx });
  const weights = FLOAT_BYTES * program.state.reduce((sum, { value }) => sum + elementCount(value.shape), 0);
  const outputs = program.nodes.flatMap((node) => node.outputs.map(({ shape }) => FLOAT_BYTES * elementCount(shape)));
  // A training keeps every output for the way back, and its gradient; a prediction keeps about two at a time.
  const activations = training ? 2 * outputs.reduce((sum, bytes) => sum + bytes, 0) : 2 * Math.max(...outputs);
  const memoryBytes = (training ? STATE_COPIES : 1) * weights + activations;
  if (stage === 'label') {
    const scores = unlabelled * recipe.label.topP * SCORE_ROW_BYTES;
    return { memoryBytes, diskBytes: scores + pixelCacheBytes(unlabelled, recipe.imageSizePx) };
  }
  // The model, and the checkpoint with its momenta beside it.
  return { memoryBytes, diskBytes: training ? 3 * weights : 0 };
}

/** As far as settings tell; a changed collection shows only when the stage is asked for. */
function sameSettings(run: RunRecord, recipe: ResolvedRecipe): boolean {
  const settings = ({ engine: _, ...rest }: ResolvedRecipe) => JSON.stringify(rest);
  return settings(run.recipe as ResolvedRecipe) === settings(recipe);
}
