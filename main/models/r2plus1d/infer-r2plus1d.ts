/** Recognises the network of a file with torchvision's names for clips, by the shapes. */
import type { Shape } from '../../graph/program.ts';
import { countLayers } from '../count-layers.ts';
import type { R2plus1dConfig } from './r2plus1d-config.ts';

/** The clip length torchvision's weights were trained with. */
const KINETICS_FRAMES = 16;

/** Undefined if the names are not those of an R(2+1)D network. */
export function inferR2plus1d(shapes: ReadonlyMap<string, Shape>): R2plus1dConfig | undefined {
  const stem = shapes.get('stem.0.weight');
  const width = shapes.get('stem.3.weight')?.[0];
  const classes = shapes.get('fc.weight')?.[0];
  const layers = countLayers(shapes, 'conv1.0.0.weight');
  if (stem?.length !== 5 || width === undefined || classes === undefined || layers.length === 0) return undefined;
  return {
    ...{ family: 'r2plus1d', layers, width, frames: KINETICS_FRAMES, classes },
    stem: stem[3] === 7 ? 'imagenet' : 'small',
  };
}
