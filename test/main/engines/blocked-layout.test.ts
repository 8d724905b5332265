/**
 * The blocked layout of the CPU compared with the plain operators, over whole networks: fusions across operations,
 * state kept in the filter layout, fallbacks if shapes do not fill blocks.
 */
import { describe, expect, it } from 'vitest';
import { CPU } from '../../../main/engines/device.ts';
import type { TensorData, Tensors } from '../../../main/engines/engine.ts';
import { channelBlock } from '../../../main/engines/onnxruntime/blocked/block-size.ts';
import { LoweringContext, lowerProgram } from '../../../main/engines/onnxruntime/lowering.ts';
import { onnxRuntimeEngine } from '../../../main/engines/onnxruntime/onnxruntime-engine.ts';
import { OnnxRuntimeSession } from '../../../main/engines/onnxruntime/onnxruntime-session.ts';
import { plainLowerings } from '../../../main/engines/onnxruntime/plain/plain-lowerings.ts';
import type { NetworkConfig } from '../../../main/models/network.ts';
import { initialTrainingState, trainingProgram } from '../../../main/models/programs.ts';
import { referenceInput, referenceWeights } from '../../../main/models/reference-weights.ts';

const STEPS = 2;
/** More than rounding: a ReLU at its edge falls on either side. A wrong gradient differs by its whole size. */
const TOLERANCE = 1e-2;
const small = {
  block: 'basic',
  layers: [1, 1],
  width: 16,
  groups: 1,
  widthPerGroup: 64,
  stem: 'small',
  classes: 5,
} as const;

const networks: readonly (readonly [string, NetworkConfig, number, number])[] = [
  ['basic blocks with strides', small, 16, 4],
  ['identity shortcuts', { ...small, layers: [2, 2] }, 16, 4],
  ['bottlenecks', { ...small, block: 'bottleneck', layers: [2, 1] }, 16, 4],
  ['grouped bottlenecks', { ...small, block: 'bottleneck', groups: 4, widthPerGroup: 16 }, 16, 4],
  ['the ImageNet stem with max pooling', { ...small, stem: 'imagenet', layers: [1, 1] }, 64, 4],
  ['channels that fill no block', { ...small, width: 12 }, 16, 4],
  ['an odd image size', small, 15, 4],
  ['a batch of one', small, 16, 1],
  ['a batch that divides badly', small, 20, 6],
  ['wide layers on few positions', { ...small, width: 64, layers: [1, 1, 1] }, 8, 8],
];

const blocked = (await channelBlock()) !== undefined;

describe.skipIf(!blocked)('the blocked layout', () => {
  it.each(networks)('trains %s as the plain operators do', async (_name, network, imageSizePx, batch) => {
    const program = trainingProgram({
      network,
      batch,
      imageSizePx,
      optimiser: { momentum: 0.9, weightDecay: 1e-3, nesterov: true },
      labelSmoothing: 0.1,
      dropoutRate: 0,
      softTargets: false,
      averageDecay: 0.9,
    });
    const state = initialTrainingState(program, referenceWeights(network));
    const inputs = new Map<string, TensorData>([
      ['images', referenceInput([batch, 3, imageSizePx, imageSizePx])],
      ['targets', Int32Array.from({ length: batch }, (_, index) => index % network.classes)],
      ['learningRate', Float32Array.of(0.02)],
    ]);
    const lowered = lowerProgram(program, new LoweringContext(), plainLowerings, state);
    const plain = await trained(await OnnxRuntimeSession.create(program, lowered, state, { device: CPU }), inputs);
    const fast = await trained(await onnxRuntimeEngine.prepare(program, state, { device: CPU }), inputs);
    expect(fast.losses).toHaveLength(STEPS);
    fast.losses.forEach((loss, step) => {
      expect(Math.abs(loss - (plain.losses[step] ?? 0))).toBeLessThan(1e-4 * Math.abs(loss));
    });
    for (const [name, wanted] of plain.state) {
      const found = fast.state.get(name) ?? new Float32Array();
      const scale = Math.max(norm(wanted), 1e-3);
      expect(norm(wanted.map((value, index) => value - (found[index] ?? Number.NaN))) / scale, name).toBeLessThan(
        TOLERANCE,
      );
    }
  });

  it('gives back the state that it was given', async () => {
    const program = trainingProgram({
      network: small,
      batch: 2,
      imageSizePx: 16,
      optimiser: { momentum: 0, weightDecay: 0, nesterov: false },
      labelSmoothing: 0,
      dropoutRate: 0,
      softTargets: false,
    });
    const state = initialTrainingState(program, referenceWeights(small));
    const session = await onnxRuntimeEngine.prepare(program, state, { device: CPU });
    expect(await session.readState()).toEqual(state);
    await session.dispose();
  });
});

async function trained(session: Awaited<ReturnType<typeof onnxRuntimeEngine.prepare>>, inputs: Tensors) {
  try {
    const losses: number[] = [];
    for (let step = 0; step < STEPS; step++) losses.push((await session.run(inputs)).get('loss')?.[0] ?? Number.NaN);
    return { losses, state: await session.readState() };
  } finally {
    await session.dispose();
  }
}

function norm(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}
