/**
 * A training step on a GPU stays on the GPU: nothing falls back to the processor, nothing is compiled twice, and there
 * are no synchronisation points.
 */
import { describe, expect, it } from 'vitest';
import { OutOfMemory } from '../../../main/engines/device-failures.ts';
import type { TensorData } from '../../../main/engines/engine.ts';
import { onnxRuntimeEngine } from '../../../main/engines/onnxruntime/onnxruntime-engine.ts';
import { profileRuns } from '../../../main/engines/onnxruntime/profile.ts';
import { GraphBuilder } from '../../../main/graph/graph-builder.ts';
import { matMul } from '../../../main/graph/ops/mat-mul.ts';
import { architecture } from '../../../main/models/family.ts';
import type { PixelInput } from '../../../main/models/image-input.ts';
import { type NetworkConfig, networkFor } from '../../../main/models/network.ts';
import { presets } from '../../../main/models/onnx/preprocessing.ts';
import { inferenceProgram, initialTrainingState, readTally, trainingProgram } from '../../../main/models/programs.ts';
import { referenceInput, referenceWeights } from '../../../main/models/reference-weights.ts';
import { evaluatedImages, imageTensors } from '../../../main/training/shown-images.ts';
import { testedDevices, WEBGPU } from './available-devices.ts';

const BATCH = 2;
const SIZE_PX = 16;
const STEPS = 3;
const network = { ...architecture('small-basic', 4), layers: [1, 1], width: 8 };
const [, webgpu] = await testedDevices();

describe.skipIf(!webgpu?.present)('on webgpu', () => {
  it.each([
    ['ResNet', network, undefined],
    ['ResNet that is given pixels', network, { sizePx: SIZE_PX + 4, ...presets.imagenet }],
    ['ConvNeXt', { ...architecture('small-convnext', 4), depths: [1, 1], widths: [8, 16] }, undefined],
    ['ViT', networkFor({ ...architecture('small-vit', 4), depth: 1, width: 32, innerWidth: 64 }, SIZE_PX), undefined],
  ])(
    'computes every operation of a step of a %s on the device, with the kernels of the first',
    async (_, one, pixels) => {
      const { program, state, inputs } = step(one, pixels);
      const profile = await profileRuns(program, state, inputs, { device: WEBGPU });
      expect(profile).toMatchObject({ newKernels: 0, onProcessor: 0 });
      expect(profile?.dispatches).toBeGreaterThan(program.nodes.length);
      expect(profile?.deviceMs).toBeGreaterThan(0);
      const kernels = profile?.kernels ?? [];
      expect(kernels.map(({ kernel }) => kernel)).toContain('MatMul');
      expect(kernels.reduce((sum, { dispatches }) => sum + dispatches, 0)).toBe(profile?.dispatches);
    },
  );

  it('returns from a step before the device is through with it', async () => {
    const { program, state, inputs } = step();
    const session = await onnxRuntimeEngine.prepare(program, state, { device: WEBGPU });
    try {
      // The first compiles.
      await session.run(inputs);
      await readTally(session, program);
      const startedMs = performance.now();
      for (let run = 0; run < STEPS; run++) await session.run(inputs);
      const givenMs = performance.now() - startedMs;
      const { loss, correct } = await readTally(session, program);
      const doneMs = performance.now() - startedMs;
      expect(givenMs).toBeLessThan(doneMs / 2);
      expect(loss).toBeGreaterThan(0);
      expect(correct).toBeLessThanOrEqual(BATCH);
    } finally {
      await session.dispose();
    }
  });

  it('lets the host read the next images while the device computes these', async () => {
    const program = inferenceProgram({ network, batch: 8, imageSizePx: 32 });
    const session = await onnxRuntimeEngine.prepare(program, referenceWeights(network), { device: WEBGPU });
    try {
      const images = () => new Map([['images', referenceInput([8, 3, 32, 32])]]);
      const wanted = await session.run(images());
      const given = images();
      const startedMs = performance.now();
      let freeMs = Number.NaN;
      const found = await session.run(given, async () => {
        freeMs = performance.now() - startedMs;
        given.get('images')?.fill(0);
      });
      expect(freeMs).toBeLessThan((performance.now() - startedMs) / 2);
      expect(found.get('probabilities')).toEqual(wanted.get('probabilities'));
    } finally {
      await session.dispose();
    }
  });

  it('knows the runtime’s words for a lack of memory, and computes on', async () => {
    await expect(outerProduct(65_536)).rejects.toThrow(OutOfMemory);
    expect(await outerProduct(8)).toEqual(new Float32Array(64).fill(6));
  });
});

function step(one: NetworkConfig = network, pixels?: PixelInput) {
  const optimiser = { momentum: 0.9, weightDecay: 1e-4, nesterov: true };
  const options = { labelSmoothing: 0.1, dropoutRate: 0, softTargets: false, tally: true, averageDecay: 0.9 };
  const input = { network: one, batch: BATCH, imageSizePx: SIZE_PX, pixels };
  const program = trainingProgram({ ...input, optimiser, ...options });
  const inputs = new Map<string, TensorData>([
    ...imageTensors(evaluatedImages(input)),
    ['targets', Int32Array.from({ length: BATCH }, (_, index) => index)],
    ['learningRate', Float32Array.of(0.02)],
    ['beginsTally', Int32Array.of(1)],
  ]);
  return { program, state: initialTrainingState(program, referenceWeights(one)), inputs };
}

/** A column times a row: the input is small, and the output is its square. */
async function outerProduct(length: number): Promise<TensorData | undefined> {
  const graph = new GraphBuilder();
  const [column, row] = [graph.input('column', [length, 1]), graph.input('row', [1, length])];
  graph.output('square', graph.applyOne(matMul, [column, row], { transposeA: false, transposeB: false }));
  const session = await onnxRuntimeEngine.prepare(graph.build(), new Map(), { device: WEBGPU });
  try {
    const of = (value: number) => new Float32Array(length).fill(value);
    const found = await session.run(
      new Map([
        ['column', of(2)],
        ['row', of(3)],
      ]),
    );
    return found.get('square');
  } finally {
    await session.dispose();
  }
}
