/** The shape of a ConvNeXt (Liu et al., 2022), and its tensors under torchvision's names. */
import { at } from '../../at.ts';
import type { Shape } from '../../graph/program.ts';

export interface ConvNextConfig {
  readonly family: 'convnext';
  /** Blocks per stage. */
  readonly depths: readonly number[];
  /** Channels per stage. */
  readonly widths: readonly number[];
  /** Side of the patches into which the stem divides an image: 4, or 2 for small images. */
  readonly patchPx: number;
  readonly classes: number;
}

/** The ratio of a block's inner width to its width. */
export const EXPANSION = 4;
export const DEPTHWISE_KERNEL = 7;
export const DOWNSAMPLING = 2;

/** `features.1`, `features.3`, …: the blocks of a stage, counted from 0. */
export function stageName(stage: number): string {
  return `features.${2 * stage + 1}`;
}

/** `features.0` is the stem; `features.2`, `features.4`, … halve the image before a stage. */
export function entryName(stage: number): string {
  return `features.${2 * stage}`;
}

export function convNextShapes({ depths, widths, patchPx, classes }: ConvNextConfig): Map<string, Shape> {
  const shapes = new Map<string, Shape>();
  const layer = (name: string, weight: Shape, bias: number) => {
    shapes.set(`${name}.weight`, weight);
    shapes.set(`${name}.bias`, [bias]);
  };
  depths.forEach((depth, stage) => {
    const width = at(widths, stage);
    const entry = entryName(stage);
    if (stage === 0) {
      layer(`${entry}.0`, [width, 3, patchPx, patchPx], width);
      layer(`${entry}.1`, [width], width);
    } else {
      const before = at(widths, stage - 1);
      layer(`${entry}.0`, [before], before);
      layer(`${entry}.1`, [width, before, DOWNSAMPLING, DOWNSAMPLING], width);
    }
    for (let index = 0; index < depth; index++) {
      const block = `${stageName(stage)}.${index}`;
      shapes.set(`${block}.layer_scale`, [width, 1, 1]);
      layer(`${block}.block.0`, [width, 1, DEPTHWISE_KERNEL, DEPTHWISE_KERNEL], width);
      layer(`${block}.block.2`, [width], width);
      layer(`${block}.block.3`, [EXPANSION * width, width], EXPANSION * width);
      layer(`${block}.block.5`, [width, EXPANSION * width], width);
    }
  });
  const features = at(widths, widths.length - 1);
  layer('classifier.0', [features], features);
  layer('classifier.2', [classes, features], classes);
  return shapes;
}
