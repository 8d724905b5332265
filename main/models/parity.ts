/**
 * Comparison with a reference implementation by fixtures: JSON files with logits, or with a training's losses and final
 * norms, computed elsewhere in float64 for formula-generated weights. Any architecture, size, batch and number of
 * steps.
 */
import { z } from 'zod';
import { at } from '../at.ts';
import { CPU, sameDevice } from '../engines/device.ts';
import type { Engine, SessionOptions, TensorData } from '../engines/engine.ts';
import { ExpectedFailure, requireGoingOn } from '../failure.ts';
import { batchShape } from '../sample-shape.ts';
import { valueAt } from '../value-at.ts';
import { architecture } from './family.ts';
import { branchCount, networkFor, parameterCount, parameterShapes, shownShape } from './network.ts';
import { biasCorrections, type Optimiser } from './optimiser-step.ts';
import { inferenceProgram, initialTrainingState, trainingProgram } from './programs.ts';
import { referenceInput, referenceWeights } from './reference-weights.ts';

const common = { model: z.string(), classes: z.int().min(1), size: z.int().min(1), batch: z.int().min(1) };
const fixtureSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('forward'),
    ...common,
    parameters: z.int(),
    first8: z.array(z.array(z.number())),
    norm: z.array(z.number()),
    argmax: z.array(z.int()),
  }),
  z.object({
    kind: z.literal('train'),
    ...common,
    steps: z.int().min(1),
    optimizer: z.discriminatedUnion('name', [
      z.object({
        name: z.literal('sgd'),
        lr: z.number(),
        momentum: z.number(),
        weight_decay: z.number(),
        nesterov: z.boolean(),
      }),
      z.object({
        name: z.literal('adamw'),
        lr: z.number(),
        betas: z.tuple([z.number(), z.number()]),
        eps: z.number(),
        weight_decay: z.number(),
      }),
    ]),
    tuning: z
      .object({
        trainedStages: z.union([z.int().min(0), z.literal('all')]),
        headRateFactor: z.number(),
        rateDecay: z.number(),
        frozenStatistics: z.boolean(),
      })
      .optional(),
    /** The noise is the formula's input of shape [steps, batch, branches], converted to [0, 1). */
    stochastic_depth: z.number().optional(),
    bn_momentum: z.literal(0.1),
    losses: z.array(z.number()),
    norms: z.record(z.string(), z.number()),
  }),
]);

export type Fixture = z.infer<typeof fixtureSchema>;

export interface ParityCheck {
  readonly what: string;
  readonly error: number;
  readonly tolerance: number;
  readonly passed: boolean;
}

export interface ParityResult {
  readonly name: string;
  readonly checks: readonly ParityCheck[];
  readonly passed: boolean;
}

/** Allowed relative errors: both compute in float32, but CPUs and GPUs in different orders. */
const TOLERANCES = {
  cpu: { forward: 1e-4, loss: 1e-4, norm: 1e-3 },
  gpu: { forward: 1e-3, loss: 1e-3, norm: 1e-2 },
} as const;

export class FixtureInvalid extends ExpectedFailure {}

/** Throws `FixtureInvalid`, naming the first thing that is wrong. */
export function parseFixture(input: unknown): Fixture {
  const parsed = fixtureSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new FixtureInvalid(`This is not a parity fixture: ${issue?.path.join('.') || 'it'}: ${issue?.message}.`);
}

/** Throws `Interrupted` when `signal` aborts. */
export async function checkParity(
  fixture: Fixture,
  engine: Engine,
  options: SessionOptions,
  signal: AbortSignal = new AbortController().signal,
): Promise<ParityResult> {
  const { kind, model, size, batch } = fixture;
  const tolerances = sameDevice(options.device, CPU) ? TOLERANCES.cpu : TOLERANCES.gpu;
  const checks =
    fixture.kind === 'forward'
      ? await checkForward(fixture, engine, options, tolerances.forward)
      : await checkTraining(fixture, engine, options, tolerances, signal);
  return { name: `${kind} ${model} ${size} px × ${batch}`, checks, passed: checks.every(({ passed }) => passed) };
}

async function checkForward(
  fixture: Extract<Fixture, { kind: 'forward' }>,
  engine: Engine,
  options: SessionOptions,
  tolerance: number,
): Promise<ParityCheck[]> {
  const { classes, batch, size } = fixture;
  const network = networkFor(architecture(fixture.model, classes), size);
  const program = inferenceProgram({ network, batch, imageSizePx: size });
  const session = await engine.prepare(program, referenceWeights(network), options);
  try {
    const images = referenceInput(batchShape(batch, shownShape(network, size)));
    const logits = valueAt(await session.run(new Map([['images', images]])), 'logits');
    const rows = Array.from({ length: batch }, (_, index) => logits.slice(index * classes, (index + 1) * classes));
    const parameters = parameterCount(network);
    return [
      check('parameters', Math.abs(parameters - fixture.parameters), 0),
      ...rows.flatMap((row, index) => {
        const wanted = at(fixture.norm, index);
        const first = at(fixture.first8, index).map((value, place) => value - at(row, place));
        return [
          check(
            `image ${index}, first logits`,
            Math.hypot(...first) / Math.hypot(...at(fixture.first8, index)),
            tolerance,
          ),
          check(`image ${index}, norm`, Math.abs(norm(row) - wanted) / wanted, tolerance),
          check(`image ${index}, argmax`, Number(row.indexOf(Math.max(...row)) !== fixture.argmax[index]), 0),
        ];
      }),
    ];
  } finally {
    await session.dispose();
  }
}

async function checkTraining(
  fixture: Extract<Fixture, { kind: 'train' }>,
  engine: Engine,
  options: SessionOptions,
  tolerances: { readonly loss: number; readonly norm: number },
  signal: AbortSignal,
): Promise<ParityCheck[]> {
  const { classes, batch, size, optimizer } = fixture;
  const network = networkFor(architecture(fixture.model, classes), size);
  const optimiser = optimiserOf(optimizer);
  const program = trainingProgram({
    network,
    batch,
    imageSizePx: size,
    optimiser,
    ...(fixture.tuning ? { tuning: fixture.tuning } : {}),
    labelSmoothing: 0,
    dropoutRate: 0,
    stochasticDepth: fixture.stochastic_depth,
    softTargets: false,
  });
  const session = await engine.prepare(program, initialTrainingState(program, referenceWeights(network)), options);
  try {
    const inputs = new Map<string, TensorData>([
      ['images', referenceInput(batchShape(batch, shownShape(network, size)))],
      ['targets', Int32Array.from({ length: batch }, (_, index) => index % 10)],
      ['learningRate', Float32Array.of(optimizer.lr)],
    ]);
    const checks: ParityCheck[] = [];
    const branches = batch * branchCount(network);
    const noise = referenceInput([fixture.steps, branches]).map((value) => (value + 1) / 2);
    for (let step = 0; step < fixture.steps; step++) {
      requireGoingOn(signal);
      if (fixture.stochastic_depth) inputs.set('branchNoise', noise.slice(step * branches, (step + 1) * branches));
      for (const [name, value] of biasCorrections(optimiser, step)) inputs.set(name, value);
      const loss = at(valueAt(await session.run(inputs), 'loss'), 0);
      const wanted = at(fixture.losses, step);
      checks.push(check(`loss of step ${step + 1}`, Math.abs(loss - wanted) / Math.abs(wanted), tolerances.loss));
    }
    const state = await session.readState([...parameterShapes(network).keys()]);
    for (const [name, wanted] of Object.entries(fixture.norms)) {
      const found = norm(valueAt(state, name));
      checks.push(check(`norm of ${name}`, Math.abs(found - wanted) / wanted, tolerances.norm));
    }
    return checks;
  } finally {
    await session.dispose();
  }
}

/** Maps PyTorch's names to ours. */
function optimiserOf(optimizer: Extract<Fixture, { kind: 'train' }>['optimizer']): Optimiser {
  const weightDecay = optimizer.weight_decay;
  if (optimizer.name === 'sgd') return { momentum: optimizer.momentum, weightDecay, nesterov: optimizer.nesterov };
  const [firstDecay, secondDecay] = optimizer.betas;
  return { kind: 'adamw', firstDecay, secondDecay, epsilon: optimizer.eps, weightDecay };
}

function check(what: string, error: number, tolerance: number): ParityCheck {
  return { what, error, tolerance, passed: error <= tolerance };
}

function norm(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}
