/** The two programs of a network: one SGD step, and inference. */
import { gradients } from '../graph/autodiff.ts';
import { GraphBuilder } from '../graph/graph-builder.ts';
import { nth } from '../graph/op-definition.ts';
import { exponentialAverage } from '../graph/ops/exponential-average.ts';
import { type SgdAttributes, sgdUpdate } from '../graph/ops/sgd-update.ts';
import { softmax } from '../graph/ops/softmax.ts';
import { softmaxCrossEntropy } from '../graph/ops/softmax-cross-entropy.ts';
import { elementCount, type Program, type Value } from '../graph/program.ts';
import { featureCount, isRunningStatistic, type NetworkConfig, parameterShapes } from './network.ts';
import { residualNetwork } from './resnet.ts';

const MOMENTUM = 'momentum/';
const AVERAGE = 'average/';

export interface TrainingProgramOptions {
  readonly network: NetworkConfig;
  readonly batch: number;
  readonly imageSizePx: number;
  readonly optimiser: SgdAttributes;
  readonly labelSmoothing: number;
  readonly dropoutRate: number;
  /** Targets are distributions [batch, classes] instead of class ids [batch]. */
  readonly softTargets: boolean;
  /** Keep an exponential moving average of all weights, of which this share stays at each step. */
  readonly averageDecay?: number;
}

/**
 * One SGD step. Inputs: `images` [batch, 3, size, size], `targets`, `learningRate` [], with dropout `dropoutNoise`
 * [batch, features]. Outputs: `loss` [], `logits` [batch, classes]. State: the model's tensors, `momentum/<name>` for each
 * trainable one, `average/<name>` for each with `averageDecay`.
 */
export function trainingProgram(options: TrainingProgramOptions): Program {
  const { network, batch, imageSizePx, dropoutRate } = options;
  const graph = new GraphBuilder();
  const images = graph.input('images', [batch, 3, imageSizePx, imageSizePx]);
  const targets = options.softTargets
    ? graph.input('targets', [batch, network.classes])
    : graph.input('targets', [batch], 'int32');
  const learningRate = graph.input('learningRate', []);
  const noise = dropoutRate > 0 ? graph.input('dropoutNoise', [batch, featureCount(network)]) : undefined;
  const { logits } = residualNetwork(graph, network, images, {
    training: true,
    ...(noise ? { dropout: { rate: dropoutRate, noise } } : {}),
  });
  const { labelSmoothing } = options;
  const loss = graph.applyOne(softmaxCrossEntropy, [logits, targets], { labelSmoothing });
  graph.output('loss', loss);
  graph.output('logits', logits);
  const statistics = graph.build().state.flatMap(({ name, next }) => (next ? [[name, next] as const] : []));
  const next = new Map<string, Value>([...statistics, ...sgdStep(graph, options, loss, learningRate)]);
  for (const [name, value] of next) graph.setNext(name, value);
  if (options.averageDecay !== undefined) averageStep(graph, next, options.averageDecay);
  return graph.build();
}

function sgdStep(
  graph: GraphBuilder,
  { network, optimiser }: TrainingProgramOptions,
  loss: Value,
  learningRate: Value,
): [string, Value][] {
  const trainable = [...parameterShapes(network)].filter(([name]) => !isRunningStatistic(name));
  const parameters = trainable.map(([name, shape]) => graph.state(name, shape));
  const found = gradients(graph, loss, parameters);
  return trainable.map(([name, shape], index) => {
    const momentum = graph.state(`${MOMENTUM}${name}`, shape);
    const inputs = [nth(parameters, index), nth(found, index), momentum, learningRate];
    const [parameter, velocity] = graph.apply(sgdUpdate, inputs, optimiser);
    graph.setNext(`${MOMENTUM}${name}`, nth([velocity], 0));
    return [name, nth([parameter], 0)];
  });
}

function averageStep(graph: GraphBuilder, next: ReadonlyMap<string, Value>, decay: number): void {
  for (const [name, value] of next) {
    const average = graph.state(`${AVERAGE}${name}`, value.shape);
    const moved = graph.applyOne(exponentialAverage, [average, value], { rate: 1 - decay, correction: 1 });
    graph.setNext(`${AVERAGE}${name}`, moved);
  }
}

export interface InferenceProgramOptions {
  readonly network: NetworkConfig;
  readonly batch: number;
  readonly imageSizePx: number;
}

/** Input `images` [batch, 3, size, size]; outputs `logits` and `probabilities` [batch, classes]. */
export function inferenceProgram({ network, batch, imageSizePx }: InferenceProgramOptions): Program {
  const graph = new GraphBuilder();
  const images = graph.input('images', [batch, 3, imageSizePx, imageSizePx]);
  const { logits } = residualNetwork(graph, network, images, { training: false });
  graph.output('logits', logits);
  graph.output('probabilities', graph.applyOne(softmax, [logits], {}));
  return graph.build();
}

/** The first state of a training that starts from `weights`: no momentum yet, averages equal to the weights. */
export function initialTrainingState(
  program: Program,
  weights: ReadonlyMap<string, Float32Array>,
): Map<string, Float32Array> {
  return new Map(
    program.state.map(({ name, value }) => {
      if (name.startsWith(MOMENTUM)) return [name, new Float32Array(elementCount(value.shape))];
      const source = name.startsWith(AVERAGE) ? name.slice(AVERAGE.length) : name;
      const weight = weights.get(source);
      if (!weight) throw new Error(`the weights have no tensor ${source}`);
      return [name, weight];
    }),
  );
}

/** The model's tensors out of a training's state: the moving averages when asked for. */
export function weightsOf(
  state: ReadonlyMap<string, Float32Array>,
  { averaged }: { readonly averaged: boolean },
): Map<string, Float32Array> {
  const names = [...state.keys()].filter((name) => !name.startsWith(MOMENTUM) && !name.startsWith(AVERAGE));
  return new Map(names.map((name) => [name, nth([state.get(averaged ? `${AVERAGE}${name}` : name)], 0)]));
}
