/** A large network's weights stay in their file, where the runtime takes them from. */
import { mkdirSync, mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { at } from '../../../main/at.ts';
import { CPU } from '../../../main/engines/device.ts';
import type { StoredTensor } from '../../../main/engines/engine.ts';
import { onnxRuntimeEngine } from '../../../main/engines/onnxruntime/onnxruntime-engine.ts';
import { toHalf } from '../../../main/half.ts';
import { loadModel, loadModelInPlace, type ModelInPlace, saveModel } from '../../../main/models/checkpoint.ts';
import { architecture } from '../../../main/models/family.ts';
import { type NetworkConfig, parameterShapes } from '../../../main/models/network.ts';
import { inferenceProgram } from '../../../main/models/programs.ts';
import { referenceInput, referenceWeights } from '../../../main/models/reference-weights.ts';
import { valueAt } from '../../../main/value-at.ts';
import { writeRaw } from '../models/safetensors-file.ts';

const ALL = { fileBytes: 0, elements: 1 };
const BATCH = 2;
const SIZE_PX = 32;
const folder = mkdtempSync(join(tmpdir(), 'understudy-stored-'));

const asStored: Record<StoredTensor['type'], (values: Float32Array) => ArrayBufferView> = {
  F64: (values) => Float64Array.from(values),
  F32: (values) => values,
  F16: (values) => toHalf(values),
  BF16: (values) =>
    Uint16Array.from(new Uint32Array(values.buffer, values.byteOffset, values.length), (bits) => bits >> 16),
};

/** As another program writes them: no description, and numbers that begin at any byte. */
function written(network: NetworkConfig, type: StoredTensor['type']): string {
  const weights = referenceWeights(network);
  const parts: Buffer[] = [];
  let end = 0;
  const header = [...parameterShapes(network)].map(([name, shape]) => {
    const { buffer, byteOffset, byteLength } = asStored[type](valueAt(weights, name));
    parts.push(Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength));
    const from = end;
    end += byteLength;
    return [name, { dtype: type, shape, data_offsets: [from, end] }] as const;
  });
  const path = join(folder, `${type} Gewichte – ü.safetensors`);
  const text = JSON.stringify(Object.fromEntries(header));
  return writeRaw(path, text.padEnd(4 * Math.ceil(text.length / 4) + 1), Buffer.concat(parts));
}

async function logitsOf({ network, weights, stored }: Pick<ModelInPlace, 'network' | 'weights' | 'stored'>) {
  const program = inferenceProgram({ network, batch: BATCH, imageSizePx: SIZE_PX });
  const session = await onnxRuntimeEngine.prepare(program, weights, { device: CPU, threads: 1, stored });
  try {
    const images = referenceInput([BATCH, 3, SIZE_PX, SIZE_PX]);
    return valueAt(await session.run(new Map([['images', images]])), 'logits');
  } finally {
    await session.dispose();
  }
}

function expectClose(found: Float32Array, wanted: Float32Array): void {
  const most = wanted.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  expect(found).toHaveLength(wanted.length);
  for (const [index, value] of wanted.entries()) expect(Math.abs(at(found, index) - value)).toBeLessThan(1e-5 * most);
}

describe('weights that stay in their file', () => {
  it.each(['small-basic', 'small-grouped', 'small-convnext', 'small-vit'] as const)(
    'give the logits of %s as loaded ones do',
    async (name) => {
      const network = architecture(name, 5);
      const path = join(folder, `${name}.safetensors`);
      await saveModel(path, {
        network,
        weights: referenceWeights(network),
        classNames: [],
        imageSizePx: SIZE_PX,
        provenance: {},
      });
      const model = await loadModelInPlace(path, ALL);
      expect(model.weights.size).toBe(0);
      expect(model.stored?.tensors.size).toBe(parameterShapes(network).size);
      expectClose(await logitsOf(model), await logitsOf({ ...(await loadModel(path)), stored: undefined }));
    },
  );

  it.each(Object.keys(asStored) as StoredTensor['type'][])('may be kept as %s', async (type) => {
    const path = written(architecture('small-grouped', 5), type);
    const model = await loadModelInPlace(path, ALL);
    expect(new Set([...(model.stored?.tensors.values() ?? [])].map((stored) => stored.type))).toEqual(new Set([type]));
    expectClose(await logitsOf(model), await logitsOf({ ...(await loadModel(path)), stored: undefined }));
  });

  it('may lie behind a link in another folder', async () => {
    const path = written(architecture('small-basic', 5), 'F32');
    mkdirSync(join(folder, 'elsewhere'));
    const link = join(folder, 'elsewhere', 'linked.safetensors');
    symlinkSync(path, link);
    expectClose(
      await logitsOf(await loadModelInPlace(link, ALL)),
      await logitsOf({ ...(await loadModel(path)), stored: undefined }),
    );
  });

  it('are loaded where they are few', async () => {
    const path = written(architecture('small-basic', 5), 'F32');
    expect((await loadModelInPlace(path)).stored).toBeUndefined();
    const model = await loadModelInPlace(path, { fileBytes: 0, elements: 2 ** 11 });
    expect(model.weights.has('bn1.weight')).toBe(true);
    expect(model.stored?.tensors.has('layer3.0.conv2.weight')).toBe(true);
    expectClose(await logitsOf(model), await logitsOf({ ...(await loadModel(path)), stored: undefined }));
  });

  it('are no state that could be read back or forgotten', async () => {
    const network = architecture('small-basic', 5);
    const { stored } = await loadModelInPlace(written(network, 'F32'), ALL);
    const program = inferenceProgram({ network, batch: 1, imageSizePx: SIZE_PX });
    const few = stored && { ...stored, tensors: new Map([...stored.tensors].slice(1)) };
    await expect(onnxRuntimeEngine.prepare(program, new Map(), { device: CPU, stored: few })).rejects.toThrow(
      /needs .* elements, not none/,
    );
  });
});
