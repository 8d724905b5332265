/** Recognises the ConvNeXt of a file's tensors, with the names used by torchvision, timm, or the paper's authors. */
import type { Shape } from '../../graph/program.ts';
import type { Landmarks, Recognised } from '../architecture.ts';
import { type Renaming, renamed, withOurShapes } from '../renamed-tensors.ts';
import { type ConvNextConfig, convNextShapes, DEPTHWISE_KERNEL, entryName, stageName } from './convnext-config.ts';

export const convNextLandmarks: readonly Landmarks[] = [
  {
    stem: 'features.0.0.weight',
    firstBlock: 'features.1.0.block.0.weight',
    classifier: ['classifier.2.weight', 'classifier.2.bias'],
  },
  {
    stem: 'stem.0.weight',
    firstBlock: 'stages.0.blocks.0.conv_dw.weight',
    classifier: ['head.fc.weight', 'head.fc.bias'],
  },
  {
    stem: 'downsample_layers.0.0.weight',
    firstBlock: 'stages.0.0.dwconv.weight',
    classifier: ['head.weight', 'head.bias'],
  },
];

const entry = (stage: string, rest: string) => `${entryName(Number(stage))}.${rest}`;
const inBlock = (stage: string, index: string, rest: string) => `${stageName(Number(stage))}.${index}.${rest}`;
const layerOf: Readonly<Record<string, string>> = {
  ...{ conv_dw: 'block.0', norm: 'block.2', 'mlp.fc1': 'block.3', 'mlp.fc2': 'block.5' },
  ...{ dwconv: 'block.0', pwconv1: 'block.3', pwconv2: 'block.5' },
};
const layer = (stage = '', index = '', name = '', part = '') =>
  inBlock(stage, index, `${layerOf[name] ?? name}.${part}`);

const TIMM: readonly Renaming[] = [
  [/^stem\.(\d)\.(\w+)$/, (which = '', part = '') => entry('0', `${which}.${part}`)],
  [/^stages\.(\d+)\.downsample\.(\d)\.(\w+)$/, (stage = '', which = '', part = '') => entry(stage, `${which}.${part}`)],
  [/^stages\.(\d+)\.blocks\.(\d+)\.gamma$/, (stage = '', index = '') => inBlock(stage, index, 'layer_scale')],
  [/^stages\.(\d+)\.blocks\.(\d+)\.(conv_dw|norm|mlp\.fc1|mlp\.fc2)\.(\w+)$/, layer],
  [/^head\.norm\.(\w+)$/, 'classifier.0.$1'],
  [/^head\.fc\.(\w+)$/, 'classifier.2.$1'],
];
const AUTHORS: readonly Renaming[] = [
  [/^downsample_layers\.(\d+)\.(\d)\.(\w+)$/, (stage = '', which = '', part = '') => entry(stage, `${which}.${part}`)],
  [/^stages\.(\d+)\.(\d+)\.gamma$/, (stage = '', index = '') => inBlock(stage, index, 'layer_scale')],
  [/^stages\.(\d+)\.(\d+)\.(dwconv|norm|pwconv1|pwconv2)\.(\w+)$/, layer],
  [/^norm\.(\w+)$/, 'classifier.0.$1'],
  [/^head\.(\w+)$/, 'classifier.2.$1'],
];

export function inferConvNext(shapes: ReadonlyMap<string, Shape>): Recognised<ConvNextConfig> | undefined {
  const renamings = shapes.has('stem.0.weight') ? TIMM : shapes.has('downsample_layers.0.0.weight') ? AUTHORS : [];
  const tensors = renamed(shapes, renamings);
  const sizeOf = (name: string, axis: number) => tensors.get(name)?.shape[axis];
  const [patchPx, classes] = [sizeOf('features.0.0.weight', 2), sizeOf('classifier.2.weight', 0)];
  const kernel = sizeOf('features.1.0.block.0.weight', 2);
  if (patchPx === undefined || classes === undefined || kernel !== DEPTHWISE_KERNEL) return undefined;
  const [depths, widths]: [number[], number[]] = [[], []];
  for (let stage = 0; ; stage++) {
    const width = sizeOf(`${stageName(stage)}.0.block.0.weight`, 0);
    if (width === undefined) break;
    let depth = 1;
    while (tensors.has(`${stageName(stage)}.${depth}.block.0.weight`)) depth++;
    depths.push(depth);
    widths.push(width);
  }
  const network = { family: 'convnext', depths, widths, patchPx, classes } as const;
  return { network, tensors: withOurShapes(tensors, convNextShapes(network)) };
}
