/**
 * One step of SGD or AdamW as operations of a program: the gradients of the loss by every trained tensor, and what becomes of
 * it and of what is kept of it from step to step.
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

/** Which tensors AdamW's decay is of: the matrices and filters, as timm and torchvision have it, or every one. */
export const decayedTensors = ['matrices', 'all'] as const;

/** The rule by which a step changes the weights. */
export type Optimiser =
  | ({ readonly kind?: 'sgd' | undefined } & Omit<SgdAttributes, 'rateFactor'>)
  | ({ readonly kind: 'adamw'; readonly decayed?: (typeof decayedTensors)[number] | undefined } & Omit<
      AdamWAttributes,
      'rateFactor'
    >);

/** The inputs of a step that AdamW needs besides: its moments begin at zero and are too small at first. None for SGD. */
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

/** Whether a state of this name is what an optimiser keeps of a tensor from step to step, zero at first. */
export function isKeptByOptimiser(name: string): boolean {
  return [MOMENTUM, FIRST_MOMENT, SECOND_MOMENT].some((of) => name.startsWith(of));
}

/** Whether a state of this name sums the gradients of a step's parts. */
export function isGradientSum(name: string): boolean {
  return name.startsWith(GRADIENT);
}

/** The next value of each trained tensor; its momenta and sums get theirs here. */
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
  /** What is kept of each parameter from step to step, by the first part of its name. */
  readonly kept: readonly string[];
  /** The next parameter, what is kept of it, and with parts the next sum of gradients. */
  step(step: UpdateStep): Value[];
}

/** A factor of 1 is left out, so that the program of a training from random weights stays what it was. */
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
