/**
 * One step of SGD or AdamW as operations of a program: the gradients of the loss for every trained tensor, and the
 * updates of the tensors and of the optimiser's state.
 */
import { at } from '../at.ts';
import { gradients } from '../graph/autodiff.ts';
import type { GraphBuilder } from '../graph/graph-builder.ts';
import { nth } from '../graph/op-definition.ts';
import { type AdamWAttributes, adamwUpdate } from '../graph/ops/adamw-update.ts';
import { sgdAccumulate } from '../graph/ops/sgd-accumulate.ts';
import { type SgdAttributes, sgdUpdate } from '../graph/ops/sgd-update.ts';
import type { Value } from '../graph/program.ts';
import { valueAt } from '../value-at.ts';
import { type NetworkConfig, parameterShapes } from './network.ts';
import { type Tuning, trainedParameters } from './tuning.ts';

const MOMENTUM = 'momentum/';
const FIRST_MOMENT = 'first-moment/';
const SECOND_MOMENT = 'second-moment/';
const GRADIENT = 'gradient/';

/** The tensors to which AdamW's decay applies: matrices and filters, as in timm and torchvision, or all. */
export const decayedTensors = ['matrices', 'all'] as const;

/** The update rule of a step. */
export type Optimiser =
  | ({ readonly kind?: 'sgd' | undefined } & Omit<SgdAttributes, 'rateFactor'>)
  | ({ readonly kind: 'adamw'; readonly decayed?: (typeof decayedTensors)[number] | undefined } & Omit<
      AdamWAttributes,
      'rateFactor'
    >);

/** AdamW's additional inputs for a step: its moments start at zero and are too small at first. Empty for SGD. */
export function biasCorrections(optimiser: Optimiser, step: number): ReadonlyMap<string, Float32Array> {
  if (optimiser.kind !== 'adamw') return new Map();
  return new Map([
    ['firstCorrection', Float32Array.of(1 - optimiser.firstDecay ** (step + 1))],
    ['secondCorrection', Float32Array.of(1 - optimiser.secondDecay ** (step + 1))],
  ]);
}

export interface OptimiserStepOptions {
  readonly network: NetworkConfig;
  readonly optimiser: Optimiser;
  readonly parts: number;
  readonly tuning: Tuning;
}

/** Whether a state of this name is an optimiser's state between steps, zero at first. */
export function isKeptByOptimiser(name: string): boolean {
  return [MOMENTUM, FIRST_MOMENT, SECOND_MOMENT].some((of) => name.startsWith(of));
}

/** Whether a state of this name sums the gradients over a step's parts. */
export function isGradientSum(name: string): boolean {
  return name.startsWith(GRADIENT);
}

/** Returns the next value of each trained tensor; sets that of its momenta and sums. */
export function optimiserStep(
  graph: GraphBuilder,
  { network, optimiser, parts, tuning }: OptimiserStepOptions,
  loss: Value,
  learningRate: Value,
  lastPart: Value | undefined,
): [string, Value][] {
  const shapes = parameterShapes(network);
  const trained = [...trainedParameters(network, tuning)].map(([name, rateFactor]) => {
    const shape = valueAt(shapes, name);
    return { name, rateFactor, parameter: graph.state(name, shape), shape };
  });
  const found = gradients(
    graph,
    loss,
    trained.map(({ parameter }) => parameter),
    1 / parts,
  );
  const update = updateOf(graph, optimiser, learningRate);
  return trained.map(({ name, rateFactor, parameter, shape }, index) => {
    const kept = update.kept.map((kind) => `${kind}${name}`);
    const sums = lastPart ? [graph.state(`${GRADIENT}${name}`, shape)] : [];
    const [next, ...after] = update.step({
      parameter,
      gradient: at(found, index),
      kept: kept.map((state) => graph.state(state, shape)),
      ...(lastPart ? { parts: { sum: at(sums, 0), lastPart } } : {}),
      rateFactor,
    });
    for (const [place, state] of [...kept, ...(lastPart ? [`${GRADIENT}${name}`] : [])].entries()) {
      graph.setNext(state, at(after, place));
    }
    return [name, nth([next], 0)];
  });
}

interface UpdateStep {
  readonly parameter: Value;
  readonly gradient: Value;
  readonly kept: readonly Value[];
  readonly parts?: { readonly sum: Value; readonly lastPart: Value };
  readonly rateFactor: number;
}

interface Update {
  /** The optimiser's state of each parameter, by name prefix. */
  readonly kept: readonly string[];
  /** The next parameter, its optimiser state, and with several parts the next sum of gradients. */
  step(step: UpdateStep): Value[];
}

/** A factor of 1 is omitted, so that the program of a training from random weights is unchanged. */
const factorOf = (rateFactor: number) => (rateFactor === 1 ? {} : { rateFactor });

function updateOf(graph: GraphBuilder, optimiser: Optimiser, learningRate: Value): Update {
  if (optimiser.kind === 'adamw') return adamwUpdateOf(graph, optimiser, learningRate);
  const { momentum, weightDecay, nesterov } = optimiser;
  return {
    kept: [MOMENTUM],
    step: ({ parameter, gradient, kept, parts, rateFactor }) => {
      const own = { momentum, weightDecay, nesterov, ...factorOf(rateFactor) };
      if (!parts) return graph.apply(sgdUpdate, [parameter, gradient, ...kept, learningRate], own);
      return graph.apply(sgdAccumulate, [parameter, gradient, ...kept, parts.sum, learningRate, parts.lastPart], own);
    },
  };
}

function adamwUpdateOf(
  graph: GraphBuilder,
  { kind: _, decayed, ...attributes }: AdamWOptimiser,
  learningRate: Value,
): Update {
  const corrections = [graph.input('firstCorrection', []), graph.input('secondCorrection', [])];
  return {
    kept: [FIRST_MOMENT, SECOND_MOMENT],
    step: ({ parameter, gradient, kept, parts, rateFactor }) =>
      graph.apply(
        adamwUpdate,
        [parameter, gradient, ...kept, learningRate, ...corrections, ...(parts ? [parts.sum, parts.lastPart] : [])],
        {
          ...attributes,
          ...(decayed === 'matrices' && !isMatrixOrFilter(parameter) ? { weightDecay: 0 } : {}),
          ...factorOf(rateFactor),
        },
      ),
  };
}

/** Norms and biases have one dimension; layer scales, tokens and positions have three in every family. */
function isMatrixOrFilter({ shape }: Value): boolean {
  return shape.length === 2 || shape.length > 3;
}

type AdamWOptimiser = Extract<Optimiser, { kind: 'adamw' }>;
