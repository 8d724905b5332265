/** Recognises the network of a file with torchvision's tensor names, by the shapes. */
import type { Shape } from '../../graph/program.ts';
import { countLayers } from '../count-layers.ts';
import type { ResidualConfig } from './residual-config.ts';

/** Undefined if the names are not those of a ResNet or ResNeXt. */
export function inferResidual(shapes: ReadonlyMap<string, Shape>): ResidualConfig | undefined {
  const at = (name: string, axis: number) => shapes.get(name)?.[axis];
  const width = at('conv1.weight', 0);
  const stemKernel = at('conv1.weight', 2);
  const classes = at('fc.weight', 0);
  const layers = countLayers(shapes, 'conv1.weight');
  if (width === undefined || classes === undefined || layers.length === 0) return undefined;
  const stem = stemKernel === 7 ? 'imagenet' : 'small';
  const block = shapes.has('layer1.0.conv3.weight') ? 'bottleneck' : 'basic';
  if (block === 'basic') return { block, layers, width, groups: 1, widthPerGroup: 64, stem, classes };
  const inner = at('layer1.0.conv2.weight', 0);
  const perGroup = at('layer1.0.conv2.weight', 1);
  if (inner === undefined || perGroup === undefined || perGroup === 0) return undefined;
  const groups = inner / perGroup;
  return { block, layers, width, groups, widthPerGroup: Math.round((perGroup * 64) / width), stem, classes };
}
