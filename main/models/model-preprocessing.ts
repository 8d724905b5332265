/** How a model is shown pictures: it is kept in the model's file, so that it travels with it. */
import type { z } from 'zod';
import { preprocessingSchema, presets } from './onnx/preprocessing.ts';

export const modelPreprocessingSchema = preprocessingSchema.omit({ sizePx: true });
export type ModelPreprocessing = z.infer<typeof modelPreprocessingSchema>;

/** Networks for images of this size and above see a centre crop of a larger image (PAPER: 224 out of 256). */
const CROPPED_FROM_SIZE_PX = 96;

/** Of a network that says nothing else: ImageNet's. */
export function standardPreprocessing(imageSizePx: number): ModelPreprocessing {
  return { ...presets.imagenet, cropShare: standardCropShare(imageSizePx) };
}

export function standardCropShare(imageSizePx: number): number {
  return imageSizePx < CROPPED_FROM_SIZE_PX ? 1 : presets.imagenet.cropShare;
}

/** Files of earlier releases say nothing of it. */
export function preprocessingOf(model: {
  readonly imageSizePx: number;
  readonly preprocessing?: ModelPreprocessing | undefined;
}): ModelPreprocessing {
  return model.preprocessing ?? standardPreprocessing(model.imageSizePx);
}
