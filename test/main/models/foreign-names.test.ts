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

/** Writes the network's initial weights with other names and shapes, and reads them back. */
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
      // Their stages are counted from 0, while torchvision counts stages and the layers between them together.
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

const DINOV2 = architecture('small-vit', 5);
const PLAIN = { ...DINOV2, registers: 0, classPosition: true, layerScale: false };

const vitNames: readonly (readonly [string, NetworkConfig, readonly (readonly [RegExp, string])[]])[] = [
  ['timm’s', DINOV2, []],
  ['DINOv2’s', { ...DINOV2, classPosition: true }, [[/^reg_token$/, 'register_tokens']]],
  [
    'torchvision’s',
    PLAIN,
    [
      [/^cls_token$/, 'class_token'],
      [/^pos_embed$/, 'encoder.pos_embedding'],
      [/^patch_embed\.proj/, 'conv_proj'],
      [/^blocks\.(\d)\.norm(\d)/, 'encoder.layers.encoder_layer_$1.ln_$2'],
      [/^blocks\.(\d)\.attn\.qkv\.(\w+)/, 'encoder.layers.encoder_layer_$1.self_attention.in_proj_$2'],
      [/^blocks\.(\d)\.attn\.proj/, 'encoder.layers.encoder_layer_$1.self_attention.out_proj'],
      [/^blocks\.(\d)\.mlp\.fc1/, 'encoder.layers.encoder_layer_$1.mlp.0'],
      [/^blocks\.(\d)\.mlp\.fc2/, 'encoder.layers.encoder_layer_$1.mlp.linear_2'],
      [/^norm/, 'encoder.ln'],
      [/^head/, 'heads.head'],
    ],
  ],
];

describe('a ViT under', () => {
  it.each(vitNames)('%s names is the same network, seen by images of its own size', async (_, network, changes) => {
    const { loaded, weights } = await throughFile(network, (name, shape) => {
      const [pattern, to] = changes.find(([one]) => one.test(name)) ?? [];
      return [pattern ? name.replace(pattern, to ?? '') : name, shape];
    });
    expect(loaded.network).toEqual(network);
    expect(loaded.imageSizePx).toBe(32);
    expect(loaded.weights).toEqual(weights);
  });

  it('names of a distilled one is refused because of its second classifier', async () => {
    const path = join(folder, 'distilled.safetensors');
    const weights = initialState(PLAIN, 1);
    const tensors = [...parameterShapes(PLAIN)].map(
      ([name, shape]) => [name, { shape, data: weights.get(name) ?? new Float32Array() }] as const,
    );
    await writeSafetensors(
      path,
      new Map([...tensors, ['dist_token', { shape: [1, 1, 1], data: new Float32Array(1) }]]),
    );
    await expect(loadModel(path)).rejects.toThrow(/is no ViT: it has a tensor “dist_token”/);
  });
});
