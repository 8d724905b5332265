/**
 * A classifier over what a network from elsewhere says of a picture, as a file beside the description of what that is: of its
 * features by a linear classifier or by their nearest neighbours, or of its own classes by which of ours each one means.
 */
import { z } from 'zod';
import { readSafetensors, type StoredTensor, writeSafetensors } from './safetensors.ts';
import { CheckpointUnreadable } from './safetensors-reader.ts';

interface OfFeatures {
  readonly classNames: readonly string[];
  readonly dimension: number;
  /** Which features it is of. */
  readonly extractor: string;
}

export interface LinearFeatureHead extends OfFeatures {
  readonly kind: 'linear';
  /** [classes, dimension] */
  readonly weight: Float32Array;
  /** [classes] */
  readonly bias: Float32Array;
}

export interface NearestFeatureHead extends OfFeatures {
  readonly kind: 'nearest';
  /** [images, dimension], each of length 1. */
  readonly known: Float32Array;
  /** [images]: of each its class. */
  readonly labels: Float32Array;
  readonly neighbours: number;
  readonly temperature: number;
}

export interface MappedFeatureHead extends OfFeatures {
  readonly kind: 'mapped';
  /** Whether the network's numbers still have to become probabilities. */
  readonly given: 'logits' | 'probabilities';
  /** [dimension]: of each of the network's classes the one of ours that it means; −1 for none. */
  readonly meaning: Float32Array;
}

export type FeatureHead = LinearFeatureHead | NearestFeatureHead | MappedFeatureHead;

const ofFeatures = { classNames: z.array(z.string()), dimension: z.int().min(1), extractor: z.string() };
const descriptionSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('linear'), ...ofFeatures }),
  z.object({
    kind: z.literal('nearest'),
    neighbours: z.int().min(1),
    temperature: z.number().positive(),
    ...ofFeatures,
  }),
  z.object({ kind: z.literal('mapped'), given: z.enum(['logits', 'probabilities']), ...ofFeatures }),
]);

export async function saveHead(path: string, head: FeatureHead): Promise<void> {
  const { tensors, description } = parts(head);
  await writeSafetensors(path, tensors, { understudyHead: JSON.stringify(description) });
}

function parts(head: FeatureHead): { tensors: Map<string, StoredTensor>; description: object } {
  if (head.kind === 'linear') {
    const { weight, bias, ...description } = head;
    const { classNames, dimension } = head;
    const tensors = new Map([
      ['weight', { shape: [classNames.length, dimension], data: weight }],
      ['bias', { shape: [classNames.length], data: bias }],
    ]);
    return { tensors, description };
  }
  if (head.kind === 'nearest') {
    const { known, labels, ...description } = head;
    const tensors = new Map([
      ['known', { shape: [labels.length, head.dimension], data: known }],
      ['labels', { shape: [labels.length], data: labels }],
    ]);
    return { tensors, description };
  }
  const { meaning, ...description } = head;
  return { tensors: new Map([['meaning', { shape: [head.dimension], data: meaning }]]), description };
}

/** Throws `CheckpointUnreadable`. */
export async function readHead(path: string): Promise<FeatureHead> {
  const { tensors, metadata } = await readSafetensors(path);
  const description = descriptionOf(metadata.get('understudyHead'));
  const head = description && joined(description, (name) => tensors.get(name)?.data ?? new Float32Array());
  if (!head) throw new CheckpointUnreadable(`${path} is not a classifier over features: train the teacher again.`);
  return head;
}

/** Undefined where the tensors are not as large as the description says, or name classes that there are not. */
function joined(
  description: z.infer<typeof descriptionSchema>,
  tensor: (name: string) => Float32Array,
): FeatureHead | undefined {
  const { dimension, classNames } = description;
  const classes = classNames.length;
  const areClasses = (values: Float32Array, least: number) =>
    values.every((value) => Number.isInteger(value) && value >= least && value < classes);
  if (description.kind === 'linear') {
    const [weight, bias] = [tensor('weight'), tensor('bias')];
    const fits = weight.length === classes * dimension && bias.length === classes;
    return fits ? { ...description, weight, bias } : undefined;
  }
  if (description.kind === 'nearest') {
    const [known, labels] = [tensor('known'), tensor('labels')];
    const fits = labels.length > 0 && known.length === labels.length * dimension && areClasses(labels, 0);
    return fits ? { ...description, known, labels } : undefined;
  }
  const meaning = tensor('meaning');
  return meaning.length === dimension && areClasses(meaning, -1) ? { ...description, meaning } : undefined;
}

function descriptionOf(text: string | undefined) {
  try {
    const found: unknown = JSON.parse(text ?? '');
    // Linear ones were the only ones once, and did not say so.
    const told = typeof found === 'object' && found !== null ? { kind: 'linear', ...found } : found;
    return descriptionSchema.safeParse(told).data;
  } catch {
    return undefined;
  }
}
