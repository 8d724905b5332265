import { expect, it } from 'vitest';
import { architecture } from '../../../main/models/family.ts';
import { type NetworkConfig, parameterShapes } from '../../../main/models/network.ts';
import { trainedParameters } from '../../../main/models/tuning.ts';

const LAST_ONE = { trainedStages: 1, headRateFactor: 10, rateDecay: 0.5, frozenStatistics: false };

const networks: readonly (readonly [string, NetworkConfig, readonly string[], readonly string[]])[] = [
  ['ResNet', architecture('resnet18', 3), ['layer4.', 'fc.'], ['fc.']],
  // The downsampling before the last stage belongs to it.
  ['ConvNeXt', architecture('small-convnext', 3), ['features.4.', 'features.5.', 'classifier.'], ['classifier.']],
  ['ViT', architecture('small-vit', 3), ['blocks.1.', 'norm.', 'head.'], ['norm.', 'head.']],
];

it.each(networks)('the last stage of a %s and its classifier are what is trained of it', (_, network, last, head) => {
  const begins = (name: string, prefixes: readonly string[]) => prefixes.some((prefix) => name.startsWith(prefix));
  const isStatistic = (name: string) => name.includes('running_');
  const factors = trainedParameters(network, LAST_ONE);
  const all = [...parameterShapes(network).keys()].filter((name) => !isStatistic(name));
  expect([...factors.keys()]).toEqual(all.filter((name) => begins(name, last)));
  for (const [name, factor] of factors) expect(factor, name).toBe(begins(name, head) ? 10 : 1);
});

it('the rate of a whole ViT falls with each block away from its classifier', () => {
  const factors = trainedParameters(architecture('vit_small', 3), { ...LAST_ONE, trainedStages: 'all' });
  const names = ['blocks.11.mlp.fc2.weight', 'blocks.10.attn.qkv.bias', 'blocks.0.norm1.weight', 'pos_embed'];
  expect(names.map((name) => factors.get(name))).toEqual([1, 0.5, 0.5 ** 11, 0.5 ** 12]);
});
