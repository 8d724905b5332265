import { expect, it } from 'vitest';
import type { AnyNode } from '../../../main/graph/program.ts';
import { architecture } from '../../../main/models/family.ts';
import type { NetworkConfig } from '../../../main/models/network.ts';
import type { Optimiser } from '../../../main/models/optimiser-step.ts';
import { trainingProgram } from '../../../main/models/programs.ts';

const ADAMW = { kind: 'adamw', firstDecay: 0.9, secondDecay: 0.999, epsilon: 1e-8, weightDecay: 0.05 } as const;
const MATRICES = { ...ADAMW, decayed: 'matrices' } as const;

/** The tensors that timm exempts, by the names of each family. */
const families: readonly (readonly [string, NetworkConfig, RegExp])[] = [
  ['ResNet', architecture('small-basic', 3), /bn\d\.|downsample\.1\.|\.bias$/],
  [
    'ConvNeXt',
    architecture('small-convnext', 3),
    /\.bias$|\.layer_scale$|\.block\.2\.|^features\.0\.1\.|^features\.[246]\.0\.|^classifier\.0\./,
  ],
  [
    'ViT',
    { ...architecture('small-vit', 3), layerScale: true, registers: 2 } as NetworkConfig,
    /\.bias$|norm|gamma$|_token$|^pos_embed$/,
  ],
];

it.each(families)(
  'norms, biases, scales, tokens and positions of a %s are not pulled to zero by AdamW',
  (_, network, left) => {
    const decays = decaysOf(network, MATRICES);
    expect([...decays.values()].filter((decay) => decay > 0).length).toBeGreaterThan(3);
    for (const [name, decay] of decays) expect(decay, name).toBe(left.test(name) ? 0 : ADAMW.weightDecay);
  },
);

it('every tensor is pulled to zero if the recipe says so, as in earlier versions', () => {
  for (const [, network] of families) {
    expect(new Set(decaysOf(network, ADAMW).values())).toEqual(new Set([ADAMW.weightDecay]));
  }
});

/** Of each trained tensor. */
function decaysOf(network: NetworkConfig, optimiser: Optimiser): Map<string, number> {
  const { nodes, state } = trainingProgram({
    ...{ network, optimiser, batch: 2, imageSizePx: 32 },
    ...{ labelSmoothing: 0, dropoutRate: 0, softTargets: false },
  });
  const names = new Map(state.map(({ name, value }) => [value, name]));
  const updates = nodes.filter(
    (node): node is Extract<AnyNode, { kind: 'adamwUpdate' }> => node.kind === 'adamwUpdate',
  );
  return new Map(
    updates.map(({ inputs: [parameter], attributes }) => [
      (parameter && names.get(parameter)) ?? '',
      attributes.weightDecay,
    ]),
  );
}
