/**
 * What a device must get right before anything is trained on it: one SGD step of a small network, whose loss and every
 * updated parameter are compared with the CPU's; then how fast it trains that network.
 */
import { at } from '../at.ts';
import { CPU, type Device, deviceName, sameDevice } from '../engines/device.ts';
import type { Engine, Precision, ProgramSession, TensorData, Tensors } from '../engines/engine.ts';
import { onnxRuntimeEngine } from '../engines/onnxruntime/onnxruntime-engine.ts';
import type { Program } from '../graph/program.ts';
import { architecture } from '../models/family.ts';
import { initialState } from '../models/network.ts';
import { presets } from '../models/onnx/preprocessing.ts';
import { initialTrainingState, trainingProgram } from '../models/programs.ts';
import { CounterRandom } from '../random.ts';
import { valueAt } from '../value-at.ts';
import { type ViewLine, viewLines } from '../view-lines.ts';

const CLASSES = 10;
const IMAGE_SIZE_PX = 32;
/** The workload every device is measured by. */
export const TESTED_TRAINING = { network: architecture('small-basic', CLASSES), imageSizePx: IMAGE_SIZE_PX } as const;
/** Of pixels, of which the network is shown a part. */
const SQUARE_PX = 36;
const SEED = 1;
/**
 * The largest relative difference from the CPU's step that still counts as correct. bfloat16 has eight significant
 * bits, and the gradients of the first layers accumulate the most rounding errors: on the stand-in for NVIDIA's driver,
 * whose kernels are each checked against float64, the worst parameter (a bias of the first block) is off by 0.23, all
 * together by 0.08. A wrong kernel is off by 1 or more.
 */
export const TOLERANCE = { fp32: 1e-3, bf16: 0.5 } as const satisfies Readonly<Record<Precision, number>>;

export interface SelfTestResult {
  /** The largest error of a parameter's change, relative to the norm of the CPU's change. */
  readonly worstError: number;
}

/** A device that takes pixels is given pixels, as in a training; the CPU's step is of the same. */
export async function testGradient(
  engine: Pick<Engine, 'prepare' | 'traits'>,
  device: Device,
  precision: Precision = 'fp32',
): Promise<SelfTestResult> {
  const { takesPixels } = engine.traits(device);
  const reference = await oneStep(onnxRuntimeEngine, { device: CPU, takesPixels });
  const tested = sameDevice(device, CPU) ? reference : await oneStep(engine, { device, precision, takesPixels });
  let worstError = Math.abs(tested.loss - reference.loss) / Math.abs(reference.loss);
  for (const [name, change] of reference.changes) {
    const other = tested.changes.get(name);
    if (!other) throw new Error(`${deviceName(device)} returned no ${name}`);
    const difference = norm(change.map((value, index) => value - at(other, index)));
    worstError = Math.max(worstError, difference / Math.max(norm(change), 1e-12));
  }
  return { worstError };
}

interface MeasuredTraining {
  readonly batch: number;
  readonly budgetMs: number;
  readonly precision?: Precision;
}

/** Images per second of whole training steps, measured for about `budgetMs` after one warm-up step. */
export async function measureTraining(
  engine: Engine,
  device: Device,
  { batch, budgetMs, precision }: MeasuredTraining,
): Promise<number> {
  const { takesPixels } = engine.traits(device);
  const { program, state } = smallTraining(batch, takesPixels);
  const session = await engine.prepare(program, state, { device, precision });
  try {
    const inputs = stepInputs(batch, takesPixels);
    await session.run(inputs);
    const startedMs = performance.now();
    let images = 0;
    do {
      await session.run(inputs);
      images += batch;
    } while (performance.now() - startedMs < budgetMs);
    return (images * 1000) / (performance.now() - startedMs);
  } finally {
    await session.dispose();
  }
}

interface Step {
  readonly loss: number;
  readonly changes: Map<string, Float32Array>;
}

interface StepOptions {
  readonly device: Device;
  readonly precision?: Precision;
  readonly takesPixels: boolean;
}

async function oneStep(
  engine: Pick<Engine, 'prepare'>,
  { device, precision = 'fp32', takesPixels }: StepOptions,
): Promise<Step> {
  const batch = 4;
  const { program, state } = smallTraining(batch, takesPixels);
  const session: ProgramSession = await engine.prepare(program, state, { device, precision });
  try {
    const outputs = await session.run(stepInputs(batch, takesPixels));
    const after = await session.readState();
    const changes = new Map(
      [...after].map(([name, values]) => {
        const before = state.get(name);
        if (!before) throw new Error(`${name} was not a state of the program`);
        return [name, values.map((value, index) => value - at(before, index))];
      }),
    );
    return { loss: at(valueAt(outputs, 'loss'), 0), changes };
  } finally {
    await session.dispose();
  }
}

function smallTraining(batch: number, asPixels: boolean): { program: Program; state: Map<string, Float32Array> } {
  const { network } = TESTED_TRAINING;
  const program = trainingProgram({
    network,
    batch,
    imageSizePx: IMAGE_SIZE_PX,
    ...(asPixels ? { pixels: { sizePx: SQUARE_PX, ...presets.imagenet } } : {}),
    optimiser: { momentum: 0.9, weightDecay: 1e-4, nesterov: true },
    labelSmoothing: 0,
    dropoutRate: 0,
    softTargets: false,
  });
  return { program, state: initialTrainingState(program, initialState(network, SEED)) };
}

function stepInputs(batch: number, asPixels: boolean): Tensors {
  return new Map<string, TensorData>([
    ...(asPixels ? somePixels(batch) : someNumbers(batch)),
    ['targets', Int32Array.from({ length: batch }, (_, index) => index % CLASSES)],
    ['learningRate', Float32Array.of(0.05)],
  ]);
}

function someNumbers(batch: number): [string, TensorData][] {
  const random = new CounterRandom(SEED, 2);
  return [['images', Float32Array.from({ length: batch * 3 * IMAGE_SIZE_PX ** 2 }, () => random.normal())]];
}

/** Parts between the pixels, each second one reversed, with a rectangle left out. */
function somePixels(batch: number): [string, TensorData][] {
  const random = new CounterRandom(SEED, 3);
  const lines: Readonly<Record<ViewLine, (image: number, place: number) => number>> = {
    rows: (image, place) => 0.25 * image + 0.9 * place,
    columns: (image, place) => (image % 2 === 0 ? 1.5 + place : SQUARE_PX - 1.25 - place),
    erasedRows: (image, place) => Number(place >= 4 + image && place < 10),
    erasedColumns: (_, place) => Number(place >= 8 && place < 20),
  };
  const views = Array.from({ length: batch }, (_, index) =>
    viewLines.map((line) => Array.from({ length: IMAGE_SIZE_PX }, (__, place) => lines[line](index % 4, place))),
  );
  return [
    ['pixels', Uint8Array.from({ length: batch * 3 * SQUARE_PX ** 2 }, () => random.integer(256))],
    ['views', Float32Array.from(views.flat(2))],
  ];
}

function norm(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}
