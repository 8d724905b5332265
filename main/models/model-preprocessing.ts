/** A model's preprocessing, stored in the model's file so that it travels with it. */
import type { z } from 'zod';
import { preprocessingSchema, presets } from './onnx/preprocessing.ts';

export const modelPreprocessingSchema = preprocessingSchema.omit({ sizePx: true });
export type ModelPreprocessing = z.infer<typeof modelPreprocessingSchema>;

/** Networks for images of at least this size see a centre crop of a larger image (in the paper, 224 out of 256). */
const CROPPED_FROM_SIZE_PX = 96;

/** The default for a network that specifies nothing: ImageNet's. */
export function standardPreprocessing(imageSizePx: number): ModelPreprocessing {
  return { ...presets.imagenet, cropShare: standardCropShare(imageSizePx) };
}

export function standardCropShare(imageSizePx: number): number {
  return imageSizePx < CROPPED_FROM_SIZE_PX ? 1 : presets.imagenet.cropShare;
}

/** Files of earlier releases do not contain it. */
export function preprocessingOf(model: {
  readonly imageSizePx: number;
  readonly preprocessing?: ModelPreprocessing | undefined;
}): ModelPreprocessing {
  return model.preprocessing ?? standardPreprocessing(model.imageSizePx);
}
