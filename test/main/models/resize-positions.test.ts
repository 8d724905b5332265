import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { architectureOf } from '../../../main/models/architectures.ts';
import { describeModel, saveModel } from '../../../main/models/checkpoint.ts';
import { architecture } from '../../../main/models/family.ts';
import { networkFor, parameterShapes } from '../../../main/models/network.ts';
import { referenceInput, referenceWeights } from '../../../main/models/reference-weights.ts';
import { resizedPositions } from '../../../main/models/vit/resize-positions.ts';

/**
 * The first values of PyTorch's `interpolate(mode='bicubic', align_corners=False)` for a grid of 3 × 3 with two
 * channels.
 */
const BY_PYTORCH = {
  5: [0.2055397776031491, -1.004876409957885, 0.5322516969146729, 0.046539955398559915, 0.6866462497711178],
  2: [0.46329818486992735, -0.006584508726518834, -0.1861584382095316, -0.10516244307109446, 0.24508891241930542],
} as const;

it.each([5, 2] as const)('positions for a grid of %i are those that PyTorch interpolates', (side) => {
  const channelsFirst = referenceInput([2, 9]);
  const positions = Float32Array.from({ length: 18 }, (_, index) => channelsFirst[(index % 2) * 9 + (index >> 1)] ?? 0);
  const resized = resizedPositions(positions, 3, side);
  expect(resized).toHaveLength(2 * side ** 2);
  for (const [index, wanted] of BY_PYTORCH[side].entries()) expect(resized[index]).toBeCloseTo(wanted, 5);
});

it('a ViT for images of another size keeps all but its positions, and the class token keeps its own', () => {
  const network = { ...architecture('small-vit', 3), classPosition: true };
  const larger = networkFor(network, 56);
  expect(larger).toEqual({ ...network, gridSide: 7 });
  const weights = referenceWeights(network);
  const fitted = architectureOf(network).fitted?.(weights, network, larger) ?? new Map<string, Float32Array>();
  for (const [name, shape] of parameterShapes(larger)) {
    expect(fitted.get(name)).toHaveLength(shape.reduce((product, size) => product * size, 1));
    if (name !== 'pos_embed') expect(fitted.get(name)).toBe(weights.get(name));
  }
  const { width } = network;
  expect(fitted.get('pos_embed')?.slice(0, width)).toEqual(weights.get('pos_embed')?.slice(0, width));
});

it('a file whose description has other positions than its image size has patches is damaged', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-positions-'));
  try {
    const network = architecture('small-vit', 2);
    const model = { network, weights: referenceWeights(network), classNames: ['a', 'b'], provenance: {} };
    const path = join(folder, 'vit.safetensors');
    await saveModel(path, { ...model, imageSizePx: 32 });
    expect((await describeModel(path)).network).toEqual(network);
    await saveModel(path, { ...model, imageSizePx: 40 });
    await expect(describeModel(path)).rejects.toThrow(/its description is damaged/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
