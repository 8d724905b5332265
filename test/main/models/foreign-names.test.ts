import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Shape } from '../../../main/graph/program.ts';
import { loadModel } from '../../../main/models/checkpoint.ts';
import { architecture } from '../../../main/models/family.ts';
import { initialState, type NetworkConfig, parameterShapes } from '../../../main/models/network.ts';
import { writeSafetensors } from '../../../main/models/safetensors.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-names-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes the network's first weights under other names and shapes, and reads them back. */
async function throughFile(network: NetworkConfig, theirs: (name: string, shape: Shape) => readonly [string, Shape]) {
  const path = join(folder, 'foreign.safetensors');
  const weights = initialState(network, 1);
  const tensors = [...parameterShapes(network)].map(([name, shape]) => {
    const [storedAs, storedShape] = theirs(name, shape);
    return [storedAs, { shape: storedShape, data: weights.get(name) ?? new Float32Array() }] as const;
  });
  await writeSafetensors(path, new Map(tensors));
  return { loaded: await loadModel(path), weights, names: tensors.map(([name]) => name) };
}

const CONVNEXT = architecture('small-convnext', 5);

const convNextNames = {
  'torchvision’s': [],
  'timm’s': [
    [/^features\.0\.(\d)/, 'stem.$1'],
    [/^features\.(1|3|5)\.(\d+)\.layer_scale$/, 'stages.#$1.blocks.$2.gamma'],
    [/^features\.(1|3|5)\.(\d+)\.block\.0/, 'stages.#$1.blocks.$2.conv_dw'],
    [/^features\.(1|3|5)\.(\d+)\.block\.2/, 'stages.#$1.blocks.$2.norm'],
    [/^features\.(1|3|5)\.(\d+)\.block\.3/, 'stages.#$1.blocks.$2.mlp.fc1'],
    [/^features\.(1|3|5)\.(\d+)\.block\.5/, 'stages.#$1.blocks.$2.mlp.fc2'],
    [/^features\.(2|4)\.(\d)/, 'stages.#$1.downsample.$2'],
    [/^classifier\.0/, 'head.norm'],
    [/^classifier\.2/, 'head.fc'],
  ],
  'its authors’': [
    [/^features\.(0|2|4)\.(\d)/, 'downsample_layers.#$1.$2'],
    [/^features\.(1|3|5)\.(\d+)\.layer_scale$/, 'stages.#$1.$2.gamma'],
    [/^features\.(1|3|5)\.(\d+)\.block\.0/, 'stages.#$1.$2.dwconv'],
    [/^features\.(1|3|5)\.(\d+)\.block\.2/, 'stages.#$1.$2.norm'],
    [/^features\.(1|3|5)\.(\d+)\.block\.3/, 'stages.#$1.$2.pwconv1'],
    [/^features\.(1|3|5)\.(\d+)\.block\.5/, 'stages.#$1.$2.pwconv2'],
    [/^classifier\.0/, 'norm'],
    [/^classifier\.2/, 'head'],
  ],
} satisfies Record<string, readonly (readonly [RegExp, string])[]>;

describe('a ConvNeXt under', () => {
  it.each(Object.entries(convNextNames))('%s names is the same network', async (whose, changes) => {
    const { loaded, weights, names } = await throughFile(CONVNEXT, (name, shape) => {
      const [pattern, to] = changes.find(([one]) => one.test(name)) ?? [];
      // Stages are counted from 0, where torchvision counts them and what stands between them together.
      const storedAs = pattern
        ? name.replace(pattern, to ?? '').replace(/#(\d)/, (_, n) => `${Math.floor(n / 2)}`)
        : name;
      return [storedAs, name.endsWith('layer_scale') && changes.length > 0 ? shape.slice(0, 1) : shape];
    });
    expect(loaded.network).toEqual(CONVNEXT);
    expect(loaded.weights).toEqual(weights);
    const known = { 'torchvision’s': 'features.1.0.layer_scale', 'timm’s': 'stages.2.downsample.1.weight' };
    expect(names).toContain({ ...known, 'its authors’': 'stages.1.0.pwconv2.bias' }[whose]);
  });
});
