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
import { inferNetwork } from '../../../main/models/infer-network.ts';
import { initialState } from '../../../main/models/initialise.ts';
import { parameterCount, parameterShapes } from '../../../main/models/network.ts';
import { CheckpointUnreadable, readSafetensors, writeSafetensors } from '../../../main/models/safetensors.ts';

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
    expect(await loadModel(path)).toEqual(model);
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

  it('of another architecture is refused by the first tensor that differs', () => {
    const other = architecture('small-basic', 7);
    expect(() => requireSameNetwork('m.safetensors', network, other)).toThrow(CheckpointMismatch);
    expect(() => requireSameNetwork('m.safetensors', network, other)).toThrow(/layer1\.0\.conv1\.weight/);
  });
});

describe('safetensors', () => {
  it('reads half precision and bfloat16', async () => {
    const path = join(folder, 'half.safetensors');
    const header = Buffer.from(
      JSON.stringify({
        h: { dtype: 'F16', shape: [3], data_offsets: [0, 6] },
        b: { dtype: 'BF16', shape: [2], data_offsets: [6, 10] },
      }),
    );
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    const numbers = Buffer.from(Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x3f80, 0xc040).buffer);
    writeFileSync(path, Buffer.concat([length, header, numbers]));
    const { tensors } = await readSafetensors(path);
    expect([...(tensors.get('h')?.data ?? [])]).toEqual([1, -2, 2 ** -24]);
    expect([...(tensors.get('b')?.data ?? [])]).toEqual([1, -3]);
  });

  it('refuses a file that is something else', async () => {
    const path = join(folder, 'text.safetensors');
    writeFileSync(path, 'this is not a model, it is a sentence that is long enough');
    await expect(readSafetensors(path)).rejects.toThrow(CheckpointUnreadable);
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
    };
    for (const [name, count] of Object.entries(counts)) expect(parameterCount(architecture(name, 1000))).toBe(count);
  });

  it.each(architectureNames)('%s is recognised by its own shapes', (name) => {
    const config = architecture(name, 10);
    const found = inferNetwork(parameterShapes(config));
    expect(found && parameterShapes(found)).toEqual(parameterShapes(config));
  });
});
