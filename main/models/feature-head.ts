/** A linear classifier over a network's features, as a file beside the description of those features. */
import { z } from 'zod';
import { readSafetensors, writeSafetensors } from './safetensors.ts';
import { CheckpointUnreadable } from './safetensors-reader.ts';

export interface FeatureHead {
  /** [classes, dimension] */
  readonly weight: Float32Array;
  /** [classes] */
  readonly bias: Float32Array;
  readonly classNames: readonly string[];
  readonly dimension: number;
  /** Which features it is of. */
  readonly extractor: string;
}

const descriptionSchema = z.object({
  classNames: z.array(z.string()),
  dimension: z.int().min(1),
  extractor: z.string(),
});

export async function saveHead(path: string, { weight, bias, ...description }: FeatureHead): Promise<void> {
  const { classNames, dimension } = description;
  const tensors = new Map([
    ['weight', { shape: [classNames.length, dimension], data: weight }],
    ['bias', { shape: [classNames.length], data: bias }],
  ]);
  await writeSafetensors(path, tensors, { understudyHead: JSON.stringify(description) });
}

/** Throws `CheckpointUnreadable`. */
export async function readHead(path: string): Promise<FeatureHead> {
  const { tensors, metadata } = await readSafetensors(path);
  const [weight, bias] = [tensors.get('weight')?.data, tensors.get('bias')?.data];
  const description = descriptionOf(metadata.get('understudyHead'));
  const classes = description?.classNames.length ?? 0;
  if (!description || weight?.length !== classes * description.dimension || bias?.length !== classes) {
    throw new CheckpointUnreadable(`${path} is not a classifier over features: train the teacher again.`);
  }
  return { ...description, weight, bias };
}

function descriptionOf(text: string | undefined) {
  try {
    return descriptionSchema.safeParse(JSON.parse(text ?? '')).data;
  } catch {
    return undefined;
  }
}
