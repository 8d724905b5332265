/** The TensorFlow engine on the library's JavaScript backend: whole trainings, its tensors, its failures. */
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import '@tensorflow/tfjs-backend-cpu';
import { CPU } from '../../../main/engines/device.ts';
import { OutOfMemory } from '../../../main/engines/device-failures.ts';
import type { Engine, TensorData } from '../../../main/engines/engine.ts';
import { onnxRuntimeEngine } from '../../../main/engines/onnxruntime/onnxruntime-engine.ts';
import { tensorFlowEngine } from '../../../main/engines/tensorflow/tensorflow-engine.ts';
import { GraphBuilder } from '../../../main/graph/graph-builder.ts';
import { maxPool } from '../../../main/graph/ops/max-pool.ts';
import { maxPoolGradient } from '../../../main/graph/ops/max-pool-gradient.ts';
import { architecture } from '../../../main/models/family.ts';
import { initialTrainingState, trainingProgram } from '../../../main/models/programs.ts';
import { referenceInput, referenceWeights } from '../../../main/models/reference-weights.ts';
import { TENSORFLOW } from './available-devices.ts';

tf.env().set('IS_TEST', true);
const engine = tensorFlowEngine(() => tf);
const BATCH = 4;
const SIZE_PX = 8;
const CLASSES = 3;
const STEPS = 3;

it('trains as ONNX Runtime does', async () => {
  const [found, wanted] = [await trained(engine), await trained(onnxRuntimeEngine)];
  expect([...found.keys()]).toEqual([...wanted.keys()]);
  for (const [name, values] of wanted) {
    const difference = norm(values.map((value, index) => value - (found.get(name)?.[index] ?? Number.NaN)));
    expect(difference / Math.max(norm(values), 1e-3), name).toBeLessThan(1e-4);
  }
});

it('holds the same number of tensors after any number of steps, and none when it is disposed of', async () => {
  const before = tf.memory().numTensors;
  const { program, state, inputs } = step();
  const session = await engine.prepare(program, state, { device: TENSORFLOW });
  const held: number[] = [];
  for (let run = 0; run < STEPS; run++) {
    await session.run(inputs);
    held.push(tf.memory().numTensors - before);
  }
  expect(held).toEqual(held.map(() => program.state.length));
  await session.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

it('has read its inputs before the host continues, and returns copies of its state', async () => {
  const { program, state, inputs } = step();
  const session = await engine.prepare(program, state, { device: TENSORFLOW });
  try {
    const images = inputs.get('images') as Float32Array;
    const kept = images.slice();
    await session.run(inputs, async () => void images.fill(Number.NaN));
    images.set(kept);
    const after = await session.readState();
    for (const values of after.values()) values.fill(Number.NaN);
    const outputs = await session.run(inputs);
    expect(outputs.get('loss')?.[0]).toBeGreaterThan(0);
  } finally {
    await session.dispose();
  }
});

it('says that memory is short, keeps its state and leaves no tensor behind', async () => {
  const before = tf.memory().numTensors;
  const { program, state, inputs } = step();
  let full = false;
  const relu: typeof tf.relu = (x) => {
    if (full) throw new Error('Invalid TF_Status: 8\nMessage: OOM when allocating tensor with shape[64,64,112,112]');
    return tf.relu(x);
  };
  const session = await tensorFlowEngine(() => ({ ...tf, relu })).prepare(program, state, { device: TENSORFLOW });
  await session.run(inputs);
  const [name = ''] = state.keys();
  const kept = await session.readState([name]);
  full = true;
  await expect(session.run(inputs)).rejects.toThrow(OutOfMemory);
  expect(await session.readState([name])).toEqual(kept);
  expect(tf.memory().numTensors - before).toBe(program.state.length);
  await session.dispose();
});

it.each([[[1, 1, 4]], [[1, 1, 2, 4]], [[1, 1, 2, 2, 4]]])(
  'sends the gradient of a tie over %j to the first',
  async (shape) => {
    const graph = new GraphBuilder();
    const window = {
      kernel: shape.slice(2).map(() => 2),
      strides: shape.slice(2).map(() => 2),
      padding: shape.slice(2).map(() => 0),
      dilations: shape.slice(2).map(() => 1),
    };
    const x = graph.input('x', shape);
    const y = graph.applyOne(maxPool, [x], window);
    graph.output('dx', graph.applyOne(maxPoolGradient, [graph.input('dy', y.shape), x, y], window));
    const size = shape.reduce((product, length) => product * length, 1);
    const session = await engine.prepare(graph.build(), new Map(), { device: TENSORFLOW });
    const inputs = new Map([
      ['x', new Float32Array(size).fill(1)],
      ['dy', Float32Array.of(3, 5)],
    ]);
    const dx = (await session.run(inputs)).get('dx');
    expect([...(dx ?? [])].slice(0, 4)).toEqual([3, 0, 5, 0]);
    expect([...(dx ?? [])].slice(4)).toEqual(new Array(size - 4).fill(0));
    await session.dispose();
  },
);

async function trained(by: Engine): Promise<ReadonlyMap<string, Float32Array>> {
  const { program, state, inputs } = step();
  const session = await by.prepare(program, state, { device: by === engine ? TENSORFLOW : CPU });
  try {
    for (let run = 0; run < STEPS; run++) await session.run(inputs);
    return await session.readState();
  } finally {
    await session.dispose();
  }
}

/** A network with everything that large ones have: a pool in its stem, groups, strides, shortcuts. */
function step() {
  const network = { ...architecture('small-grouped', CLASSES), width: 8, stem: 'imagenet' as const };
  const program = trainingProgram({
    network,
    batch: BATCH,
    imageSizePx: SIZE_PX,
    optimiser: { momentum: 0.9, weightDecay: 1e-3, nesterov: true },
    labelSmoothing: 0.1,
    dropoutRate: 0,
    softTargets: false,
  });
  const inputs = new Map<string, TensorData>([
    ['images', referenceInput([BATCH, 3, SIZE_PX, SIZE_PX])],
    ['targets', Int32Array.from({ length: BATCH }, (_, index) => index % CLASSES)],
    ['learningRate', Float32Array.of(0.02)],
  ]);
  return { program, state: initialTrainingState(program, referenceWeights(network)), inputs };
}

function norm(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}
