import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  CheckpointMismatch,
  describeModel,
  loadModel,
  requireSameNetwork,
  saveModel,
} from '../../../main/models/checkpoint.ts';
import { architecture, architectureNames } from '../../../main/models/family.ts';
import { recogniseNetwork } from '../../../main/models/infer-network.ts';
import { standardPreprocessing } from '../../../main/models/model-preprocessing.ts';
import { initialState, parameterCount, parameterShapes } from '../../../main/models/network.ts';
import { writeSafetensors } from '../../../main/models/safetensors.ts';
import { CheckpointUnreadable } from '../../../main/models/safetensors-reader.ts';

const folder = mkdtempSync(join(tmpdir(), 'understudy-models-'));
const network = architecture('small-grouped', 7);
const model = {
  network,
  weights: initialState(network, 3),
  classNames: ['a', 'b', 'c', 'd', 'e', 'f', 'ü'],
  imageSizePx: 32,
  provenance: { run: 'r' },
};

describe('a model file', () => {
  it('gives back what was saved', async () => {
    const path = join(folder, 'saved.safetensors');
    await saveModel(path, model);
    expect(await loadModel(path)).toEqual({ ...model, preprocessing: standardPreprocessing(model.imageSizePx) });
  });

  it('holds every tensor that strict loading in PyTorch asks for', async () => {
    const path = join(folder, 'strict.safetensors');
    await saveModel(path, model);
    const raw = readFileSync(path);
    const header = JSON.parse(raw.subarray(8, 8 + Number(raw.readBigUInt64LE())).toString());
    expect(header['bn1.num_batches_tracked']).toMatchObject({ dtype: 'I64', shape: [] });
    for (const [name, shape] of parameterShapes(network)) expect(header[name]).toMatchObject({ dtype: 'F32', shape });
  });

  it('without a description is recognised by its tensors', async () => {
    const path = join(folder, 'foreign.safetensors');
    const shapes = parameterShapes(network);
    const tensors = new Map([...model.weights].map(([name, data]) => [name, { shape: shapes.get(name) ?? [], data }]));
    await writeSafetensors(path, tensors);
    expect((await loadModel(path)).network).toEqual(network);
  });

  it.each([
    ['module.', 'module.'],
    ['model.', 'model.'],
    ['module.model.', 'module.model.'],
    ['module._orig_mod.', 'module._orig_mod.'],
    ['backbone.', ''],
    ['backbone.', 'head.'],
  ])('whose names begin with %s (the classifier’s with “%s”) is the network inside', async (prefix, ofClassifier) => {
    const path = join(folder, 'wrapped.safetensors');
    const shapes = parameterShapes(network);
    const wrapped = (name: string) => (name.startsWith('fc.') ? ofClassifier : prefix) + name;
    await writeSafetensors(
      path,
      new Map([...model.weights].map(([name, data]) => [wrapped(name), { shape: shapes.get(name) ?? [], data }])),
    );
    const loaded = await loadModel(path);
    expect(loaded.network).toEqual(network);
    expect(loaded.weights).toEqual(model.weights);
    expect((await describeModel(path)).network).toEqual(network);
  });

  it('of a teacher beside its student is refused: nothing says which one is meant', async () => {
    const path = join(folder, 'two.safetensors');
    const shapes = parameterShapes(network);
    const tensors = [...model.weights].flatMap(([name, data]) =>
      ['teacher.', 'student.'].map((prefix) => [prefix + name, { shape: shapes.get(name) ?? [], data }] as const),
    );
    await writeSafetensors(path, new Map(tensors));
    await expect(loadModel(path)).rejects.toThrow(CheckpointMismatch);
  });

  it('cut short anywhere is refused', async () => {
    const path = join(folder, 'whole.safetensors');
    await saveModel(path, model);
    const whole = readFileSync(path);
    for (const length of [0, 5, 40, 4000, whole.length - 1]) {
      const cut = join(folder, `cut-${length}.safetensors`);
      writeFileSync(cut, whole.subarray(0, length));
      await expect(loadModel(cut)).rejects.toThrow(CheckpointUnreadable);
    }
  });

  it.each([
    ['of more blocks than it has tensors', { network: { ...network, layers: [2 ** 53 - 1] } }],
    ['of other classes than it names', { classNames: ['a', 'b'] }],
    ['of images beyond any size', { imageSizePx: 2 ** 40 }],
    ['that is something else', []],
  ])('with a description %s is refused', async (_, change) => {
    const path = join(folder, 'described.safetensors');
    const { weights: _weights, ...description } = model;
    const shapes = parameterShapes(network);
    const tensors = new Map([...model.weights].map(([name, data]) => [name, { shape: shapes.get(name) ?? [], data }]));
    const understudy = Array.isArray(change) ? '[[[[' : JSON.stringify({ ...description, ...change });
    await writeSafetensors(path, tensors, { understudy });
    await expect(describeModel(path)).rejects.toThrow(/its description is damaged/);
  });

  it('of another architecture is refused by the first tensor that differs', () => {
    const other = architecture('small-basic', 7);
    expect(() => requireSameNetwork('m.safetensors', network, other)).toThrow(CheckpointMismatch);
    expect(() => requireSameNetwork('m.safetensors', network, other)).toThrow(/layer1\.0\.conv1\.weight/);
  });
});

describe('the family', () => {
  it('has torchvision’s parameter counts', () => {
    const counts = {
      resnet18: 11689512,
      resnet34: 21797672,
      resnet50: 25557032,
      resnet101: 44549160,
      resnet152: 60192808,
      resnext50_32x4d: 25028904,
      resnext101_32x8d: 88791336,
      convnext_tiny: 28589128,
      convnext_small: 50223688,
      convnext_base: 88591464,
      vit_small: 22050664,
      vit_base: 86567656,
    };
    for (const [name, count] of Object.entries(counts)) expect(parameterCount(architecture(name, 1000))).toBe(count);
  });

  it.each(architectureNames)('%s is recognised by its own shapes', (name) => {
    const config = architecture(name, 10);
    const found = recogniseNetwork(parameterShapes(config));
    expect(found && parameterShapes(found.network)).toEqual(parameterShapes(config));
  });
});
