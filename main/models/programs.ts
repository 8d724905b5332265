/** The two programs of a network: one SGD step, and inference. */

import { at } from '../at.ts';
import type { ProgramSession } from '../engines/engine.ts';
import { GraphBuilder } from '../graph/graph-builder.ts';
import { nth } from '../graph/op-definition.ts';
import { countCorrect } from '../graph/ops/count-correct.ts';
import { exponentialAverage } from '../graph/ops/exponential-average.ts';
import { softmax } from '../graph/ops/softmax.ts';
import { softmaxCrossEntropy } from '../graph/ops/softmax-cross-entropy.ts';
import { tally } from '../graph/ops/tally.ts';
import { elementCount, type Program, type Value } from '../graph/program.ts';
import { valueAt } from '../value-at.ts';
import { architectureOf } from './architectures.ts';
import { type ImageInputOptions, imageInput } from './image-input.ts';
import { featureCount } from './network.ts';
import { isGradientSum, isKeptByOptimiser, type Optimiser, optimiserStep } from './optimiser-step.ts';
import { sigmoidCrossEntropy, sigmoids } from './sigmoid.ts';
import { normalisesByBatch, type Tuning, WHOLE_NETWORK } from './tuning.ts';

const AVERAGE = 'average/';
const TALLY = 'tally/';

export interface TrainingProgramOptions extends ImageInputOptions {
  /** Images in one run of the program: the whole batch of a step, or one of its parts. */
  readonly batch: number;
  /** How many runs make up one step; 1 by default. */
  readonly parts?: number;
  readonly optimiser: Optimiser;
  /** Which tensors learn, and how fast; all alike by default. */
  readonly tuning?: Tuning;
  readonly labelSmoothing: number;
  readonly dropoutRate: number;
  /** The drop rate of the last block; none by default. */
  readonly stochasticDepth?: number | undefined;
  /** Targets are distributions [batch, classes] instead of class ids [batch]. */
  readonly softTargets: boolean;
  /**
   * sigmoid: the cross-entropy of each class independently, summed over the classes; targets are [batch · classes, 2].
   */
  readonly loss?: 'softmax' | 'sigmoid';
  /** Keeps an exponential moving average of all weights, with this share retained per step. */
  readonly averageDecay?: number;
  /** Sums losses and correct answers over the runs instead of returning them after each. */
  readonly tally?: boolean;
}

/**
 * One SGD step. Inputs: `images` [batch, 3, size, size], or [batch, 3, frames, size, size] for a network that takes
 * clips, or pixels instead (`image-input.ts`), `targets`, `learningRate` [], with dropout `dropoutNoise` [batch,
 * features], with stochastic depth `branchNoise` [batch, branches]. Outputs: `loss` [], `logits` [batch, classes].
 * State: the model's tensors, `momentum/<name>` for each trainable one, `average/<name>` for each with `averageDecay`.
 *
 * With `parts` the step takes several runs (gradient accumulation): less memory for the same step, except that batch
 * normalisation uses the statistics of each part. An additional input, `lastPart` int32 [], is 1 in the last of them,
 * and `gradient/<name>` sums the gradients until then.
 *
 * With `tally` there are no outputs, so that nothing has to wait for a run: `tally/loss` sums the losses of the steps,
 * `tally/correct` (for class ids) counts the images whose largest logit is their class. An additional input,
 * `beginsTally` int32 [], is 1 in the first run of a sum.
 *
 * With AdamW two additional inputs, `firstCorrection` [] and `secondCorrection` [], are 1 − β₁ᵗ and 1 − β₂ᵗ of step t,
 * counted from 1, and the state has `first-moment/<name>` and `second-moment/<name>` in place of the momentum.
 */
export function trainingProgram(options: TrainingProgramOptions): Program {
  const { network, batch, dropoutRate, parts = 1, tuning = WHOLE_NETWORK } = options;
  const graph = new GraphBuilder();
  const images = imageInput(graph, options);
  const targets = options.softTargets
    ? graph.input('targets', options.loss === 'sigmoid' ? [batch * network.classes, 2] : [batch, network.classes])
    : graph.input('targets', [batch], 'int32');
  const learningRate = graph.input('learningRate', []);
  const lastPart = parts > 1 ? graph.input('lastPart', [], 'int32') : undefined;
  const noise = dropoutRate > 0 ? graph.input('dropoutNoise', [batch, featureCount(network)]) : undefined;
  const branches = architectureOf(network).branches(network);
  const depth = options.stochasticDepth
    ? { branches, rate: options.stochasticDepth, noise: graph.input('branchNoise', [batch, branches.length]) }
    : undefined;
  const { logits } = architectureOf(network).build(graph, network, images, {
    normalisesByBatch: (name) => normalisesByBatch(network, tuning, name),
    ...(noise ? { dropout: { rate: dropoutRate, noise } } : {}),
    ...(depth ? { stochasticDepth: depth } : {}),
  });
  const { labelSmoothing } = options;
  const loss =
    options.loss === 'sigmoid'
      ? sigmoidCrossEntropy(graph, logits, targets, labelSmoothing)
      : graph.applyOne(softmaxCrossEntropy, [logits, targets], { labelSmoothing });
  if (options.tally) tallyRun(graph, options, loss, logits, targets);
  else {
    graph.output('loss', loss);
    graph.output('logits', logits);
  }
  const statistics = graph
    .build()
    .state.flatMap(({ name, next }) => (next && !isSum(name) ? [[name, next] as const] : []));
  const next = new Map<string, Value>([
    ...statistics,
    ...optimiserStep(graph, { ...options, parts, tuning }, loss, learningRate, lastPart),
  ]);
  for (const [name, value] of next) graph.setNext(name, value);
  if (options.averageDecay !== undefined) averageStep(graph, next, options.averageDecay, lastPart);
  return graph.build();
}

function tallyRun(
  graph: GraphBuilder,
  { parts = 1, softTargets }: TrainingProgramOptions,
  loss: Value,
  logits: Value,
  targets: Value,
): void {
  const begins = graph.input('beginsTally', [], 'int32');
  const sum = (name: string, value: Value, weight: number) => {
    const so = graph.state(`${TALLY}${name}`, []);
    graph.setNext(`${TALLY}${name}`, graph.applyOne(tally, [so, value, begins], { weight }));
  };
  sum('loss', loss, 1 / parts);
  if (!softTargets) sum('correct', graph.applyOne(countCorrect, [logits, targets], {}), 1);
}

/** Averages are updated once per step, with its last part. */
function averageStep(
  graph: GraphBuilder,
  next: ReadonlyMap<string, Value>,
  decay: number,
  lastPart: Value | undefined,
): void {
  for (const [name, value] of next) {
    const average = graph.state(`${AVERAGE}${name}`, value.shape);
    const inputs = [average, value, ...(lastPart ? [lastPart] : [])];
    const moved = graph.applyOne(exponentialAverage, inputs, { rate: 1 - decay, correction: 1 });
    graph.setNext(`${AVERAGE}${name}`, moved);
  }
}

export interface InferenceProgramOptions extends ImageInputOptions {
  /** Whether what the classifier sees is an output too: `features` [batch, features]. */
  readonly features?: boolean | undefined;
}

/**
 * Input `images` [batch, 3, size, size], or for clips [batch, 3, frames, size, size], or pixels instead
 * (`image-input.ts`); outputs `logits` and `probabilities` [batch, classes]: a softmax over the classes, or the sigmoid
 * of each, depending on the network's `outputs`.
 */
export function inferenceProgram(options: InferenceProgramOptions): Program {
  const { network } = options;
  const graph = new GraphBuilder();
  const images = imageInput(graph, options);
  const { logits, features } = architectureOf(network).build(graph, network, images, {
    normalisesByBatch: () => false,
  });
  graph.output('logits', logits);
  if (options.features) graph.output('features', features);
  graph.output(
    'probabilities',
    network.outputs === 'sigmoid' ? sigmoids(graph, logits) : graph.applyOne(softmax, [logits], {}),
  );
  return graph.build();
}

/** The initial state of a training that starts from `weights`: zero momentum, averages equal to the weights. */
export function initialTrainingState(
  program: Program,
  weights: ReadonlyMap<string, Float32Array>,
): Map<string, Float32Array> {
  return new Map(
    program.state.map(({ name, value }) => {
      if (isKeptByOptimiser(name) || isSum(name)) {
        return [name, new Float32Array(elementCount(value.shape))];
      }
      const source = name.startsWith(AVERAGE) ? name.slice(AVERAGE.length) : name;
      const weight = weights.get(source);
      if (!weight) throw new Error(`the weights have no tensor ${source}`);
      return [name, weight];
    }),
  );
}

/**
 * The state needed to continue between two steps: everything except sums of gradients, which restart with each step.
 */
export function stateBetweenSteps(program: Program): string[] {
  return program.state.map(({ name }) => name).filter((name) => !isGradientSum(name));
}

/** The state of a training continued from what `stateBetweenSteps` named. */
export function resumedTrainingState(
  program: Program,
  saved: ReadonlyMap<string, Float32Array>,
): Map<string, Float32Array> {
  return new Map(
    program.state.map(({ name, value }) => [
      name,
      // The first release kept no tallies: its checkpoints were written at points of the curve, where they restart.
      nth([saved.get(name) ?? (isSum(name) ? new Float32Array(elementCount(value.shape)) : undefined)], 0),
    ]),
  );
}

function isSum(name: string): boolean {
  return isGradientSum(name) || name.startsWith(TALLY);
}

/** The sums of a program with `tally`. */
export async function readTally(session: ProgramSession, program: Program): Promise<{ loss: number; correct: number }> {
  const names = program.state.map(({ name }) => name).filter((name) => name.startsWith(TALLY));
  const sums = await session.readState(names);
  const of = (name: string) => at(valueAt(sums, `${TALLY}${name}`), 0);
  // Mixed images have no single class that could be correct.
  return { loss: of('loss'), correct: names.includes(`${TALLY}correct`) ? of('correct') : 0 };
}

/** The part of a training's state that `weightsOf` reads. */
export function weightNames({ state }: Program): string[] {
  return state.map(({ name }) => name).filter((name) => !isKeptByOptimiser(name) && !isSum(name));
}

/** The model's tensors from a training's state; their moving averages if requested. */
export function weightsOf(
  state: ReadonlyMap<string, Float32Array>,
  { averaged }: { readonly averaged: boolean },
): Map<string, Float32Array> {
  const names = [...state.keys()].filter(
    (name) => !isKeptByOptimiser(name) && !isSum(name) && !name.startsWith(AVERAGE),
  );
  // A tensor that is not trained has no average, so its own value is used.
  const place = (name: string) => (averaged && state.has(`${AVERAGE}${name}`) ? `${AVERAGE}${name}` : name);
  return new Map(names.map((name) => [name, valueAt(state, place(name))]));
}
