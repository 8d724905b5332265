/** A batch computed in parts gives the step of the whole batch; if memory is short, parts are used automatically. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Device } from '../../../main/engines/device.ts';
import { OutOfMemory } from '../../../main/engines/device-failures.ts';
import type { Engine, TensorData } from '../../../main/engines/engine.ts';
import { onnxRuntimeEngine } from '../../../main/engines/onnxruntime/onnxruntime-engine.ts';
import { dimension } from '../../../main/graph/program.ts';
import { architecture } from '../../../main/models/family.ts';
import { isRunningStatistic } from '../../../main/models/network.ts';
import { initialTrainingState, stateBetweenSteps, trainingProgram } from '../../../main/models/programs.ts';
import { referenceInput, referenceWeights } from '../../../main/models/reference-weights.ts';
import { partsOf } from '../../../main/training/batch-parts.ts';
import { batchesHere } from '../../../main/training/batch-source.ts';
import { predict } from '../../../main/training/predict.ts';
import { type TrainHost, type TrainProgress, train } from '../../../main/training/train.ts';
import type { TrainRequest } from '../../../main/training/train-request.ts';
import { EVERYTHING, testedDevices } from '../engines/available-devices.ts';
import { IMAGES, SIZE_PX, smallTraining } from './small-training.ts';

const STEPS = 3;
const BATCH = 4;
const CLASSES = 5;
/** More than rounding; a sum that is not the mean differs by its whole size. */
const TOLERANCE = 1e-4;

/**
 * TensorFlow's engine is excluded: its JavaScript backend takes a minute for what a small network proves as well. A
 * software GPU compiles two more trainings for it, and is included in `npm run test:gpu`.
 */
const devices = (await testedDevices()).filter(({ name }) => name === 'cpu' || (name === 'webgpu' && EVERYTHING));

describe.each(devices)('on $name', ({ device, present }) => {
  // The same images in every part: batch statistics and mean gradient are then those of one part.
  it.skipIf(!present)('sums to the step of one part when all parts are alike', async () => {
    const whole = await steps(1, device);
    const inParts = await steps(3, device);
    expect([...inParts.keys()]).toEqual([...whole.keys()]);
    for (const [name, wanted] of whole) {
      if (isRunningStatistic(name.replace('average/', ''))) continue;
      const found = inParts.get(name) ?? new Float32Array();
      const difference = norm(wanted.map((value, index) => value - (found[index] ?? Number.NaN)));
      expect(difference / Math.max(norm(wanted), 1e-3), name).toBeLessThan(TOLERANCE);
    }
  });
});

async function steps(parts: number, device: Device): Promise<ReadonlyMap<string, Float32Array>> {
  // Channels in whole blocks on the processor, few shaders to compile on a software GPU.
  const network = { ...architecture('small-basic', CLASSES), layers: [1], width: 16 };
  const optimiser = { momentum: 0.9, weightDecay: 1e-3, nesterov: true };
  const options = { labelSmoothing: 0.1, dropoutRate: 0, softTargets: false, averageDecay: 0.8 };
  const program = trainingProgram({ network, batch: BATCH, parts, imageSizePx: SIZE_PX, optimiser, ...options });
  const state = initialTrainingState(program, referenceWeights(network));
  const session = await onnxRuntimeEngine.prepare(program, state, { device });
  try {
    for (let run = 0; run < STEPS * parts; run++) {
      const inputs = new Map<string, TensorData>([
        ['images', referenceInput([BATCH, 3, SIZE_PX, SIZE_PX])],
        ['targets', Int32Array.from({ length: BATCH }, (_, index) => index)],
        ['learningRate', Float32Array.of(0.02)],
      ]);
      if (parts > 1) inputs.set('lastPart', Int32Array.of(Number(run % parts === parts - 1)));
      await session.run(inputs);
    }
    return await session.readState(stateBetweenSteps(program));
  } finally {
    await session.dispose();
  }
}

describe('where the device has no room for the batch', () => {
  it('trains in parts as small as they have to be, with the outcome of having asked for them', async () => {
    const { request, folder } = await smallTraining();
    const asked = await trained({ ...request, imagesAtOnce: 2, runDirectory: folder() }, onnxRuntimeEngine);
    const forced = await trained({ ...request, runDirectory: folder() }, shortOfMemory(2));
    const whole = await trained({ ...request, runDirectory: folder() }, onnxRuntimeEngine);
    expect([asked.parts, forced.parts, whole.parts]).toEqual([4, 4, 1]);
    expect(forced.model.equals(asked.model)).toBe(true);
    expect(forced.model.equals(whole.model)).toBe(false);
  });

  it('goes on in parts from the checkpoint of an interrupted training', async () => {
    const { request, folder } = await smallTraining();
    const everyStep = { ...request, checkpointEveryMs: -1 };
    const through = await trained({ ...everyStep, runDirectory: folder() }, shortOfMemory(4));
    const interrupted = { ...everyStep, runDirectory: folder() };
    let points = 0;
    const stopping = { shouldStop: () => ++points === 3 };
    await expect(trained(interrupted, shortOfMemory(4), stopping)).rejects.toThrow(/Stopped as asked/);
    const resumed = await trained(interrupted, onnxRuntimeEngine);
    expect(resumed.parts).toBe(2);
    expect(resumed.model.equals(through.model)).toBe(true);
  });

  it('says so when a single image is too much', async () => {
    const { request } = await smallTraining();
    await expect(trained(request, shortOfMemory(0))).rejects.toThrow(
      /no room to train this network on a single image of 16 pixels: choose a smaller model/,
    );
  });

  it('saves memory, where the device can, only when a single image has no room', async () => {
    const { request } = await smallTraining();
    const training = savingMemory();
    const { parts } = await trained(request, training.engine);
    expect(parts).toBe(request.batch);
    expect(training.tried).toEqual(['8', '4', '2', '1', '1 saving']);
    const labelling = savingMemory();
    expect((await scores(request, labelling.engine)).firsts).toHaveLength(IMAGES);
    expect(labelling.tried).toEqual(['6', '3', '1', '1 saving']);
  });

  it('labels in smaller batches, each image once', async () => {
    const { request } = await smallTraining();
    await trained(request, onnxRuntimeEngine);
    const whole = await scores(request, onnxRuntimeEngine);
    const smaller = await scores(request, shortOfMemory(3));
    expect(smaller.firsts).toEqual([0, 3, 6, 9, 12, 15, 18]);
    for (const [place, value] of smaller.probabilities.entries()) {
      expect(value).toBeCloseTo(whole.probabilities[place] ?? 0, 5);
    }
    await expect(scores(request, shortOfMemory(0))).rejects.toThrow(/no room for this network and a single image/);
  });
});

it('divides batches evenly', () => {
  expect([128, 64, 50, 1].map((most) => partsOf(128, most))).toEqual([1, 2, 4, 128]);
  expect([7, 4, 1, 0.5].map((most) => partsOf(7, most))).toEqual([1, 7, 7, 7]);
});

/** ONNX Runtime on a device that has room for programs of at most `most` images. */
function shortOfMemory(most: number): Engine {
  return {
    ...onnxRuntimeEngine,
    async prepare(program, state, options) {
      const images = program.inputs.get('images');
      if (!images || dimension(images.shape, 0) > most) throw new OutOfMemory('no room');
      return await onnxRuntimeEngine.prepare(program, state, options);
    },
  };
}

/** ONNX Runtime on a device that has room for a single image, and only when it saves memory; and how it was asked. */
function savingMemory(): { readonly engine: Engine; readonly tried: string[] } {
  const tried: string[] = [];
  const engine: Engine = {
    ...onnxRuntimeEngine,
    traits: (device) => ({ ...onnxRuntimeEngine.traits(device), savesMemory: true }),
    async prepare(program, state, options) {
      const images = dimension(program.inputs.get('images')?.shape ?? [0], 0);
      tried.push(`${images}${options.saveMemory ? ' saving' : ''}`);
      if (images > 1 || !options.saveMemory) throw new OutOfMemory('no room');
      return await onnxRuntimeEngine.prepare(program, state, options);
    },
  };
  return { engine, tried };
}

async function trained(request: TrainRequest, engine: Engine, host: Partial<TrainHost> = {}) {
  const seen: TrainProgress[] = [];
  const { parts } = await train(request, engine, {
    shouldStop: () => false,
    progressed: (progress) => seen.push(progress),
    openBatches: batchesHere,
    ...host,
  });
  expect(seen.at(-1)).toMatchObject({ parts, imagesProcessed: request.images });
  const model = readFileSync(join(request.runDirectory, 'model.safetensors'));
  return { parts, model };
}

async function scores({ data, runDirectory, target }: TrainRequest, engine: Engine) {
  const probabilities: number[] = [];
  const firsts: number[] = [];
  const request = {
    target,
    modelPath: join(runDirectory, 'model.safetensors'),
    batch: 6,
    source: { kind: 'cache', ...data, imageIds: data.imageIds },
  } as const;
  await predict(request, engine, {
    shouldStop: () => false,
    scored: (batch) => {
      firsts.push(batch.first);
      probabilities.push(...batch.probabilities);
    },
  });
  expect(probabilities).toHaveLength(IMAGES * 3);
  return { probabilities, firsts };
}

function norm(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}
