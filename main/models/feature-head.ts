/**
 * A classifier on top of an external network's output, as a file beside the description of that network: over features,
 * a linear classifier, a multi-layer perceptron or nearest neighbours; over the network's own classes, a mapping to
 * ours.
 */
import { z } from 'zod';
import { readSafetensors, type StoredTensor, writeSafetensors } from './safetensors.ts';
import { CheckpointUnreadable } from './safetensors-reader.ts';

/** Reference vectors for deciding whether a picture resembles anything that the model has learnt from. */
export interface Familiar {
  /** [images, dimension], unit vectors: some of the training images. */
  readonly known: Float32Array;
  /** A picture whose highest cosine with these is lower is unlike any of them. */
  readonly leastCosine: number;
}

export interface Layer {
  /** [outputs, inputs] */
  readonly weight: Float32Array;
  /** [outputs] */
  readonly bias: Float32Array;
}

interface OfFeatures {
  readonly classNames: readonly string[];
  readonly dimension: number;
  /** The extractor of the features it was trained on. */
  readonly extractor: string;
}

export interface LinearFeatureHead extends OfFeatures {
  readonly kind: 'linear';
  /** [classes, dimension] */
  readonly weight: Float32Array;
  /** [classes] */
  readonly bias: Float32Array;
  /** Absent in files of earlier versions, and if too few images were labelled to tell. */
  readonly familiar?: Familiar | undefined;
}

/** With one hidden layer and ReLU. */
interface HiddenFeatureHead extends OfFeatures {
  readonly kind: 'mlp';
  /** [units, dimension] and [units] */
  readonly hidden: Layer;
  /** [classes, units] */
  readonly weight: Float32Array;
  /** [classes] */
  readonly bias: Float32Array;
  readonly familiar?: Familiar | undefined;
}

export interface NearestFeatureHead extends OfFeatures {
  readonly kind: 'nearest';
  /** [images, dimension], unit vectors. */
  readonly known: Float32Array;
  /** [images]: the class of each. */
  readonly labels: Float32Array;
  readonly neighbours: number;
  readonly temperature: number;
  /** As in `Familiar`, for its own images; absent where a linear classifier would have no `familiar`. */
  readonly leastCosine?: number | undefined;
}

export interface MappedFeatureHead extends OfFeatures {
  readonly kind: 'mapped';
  /** Whether the network's outputs still have to be converted to probabilities. */
  readonly given: 'logits' | 'probabilities';
  /** [dimension]: for each of the network's classes, the index of ours; −1 for none. */
  readonly meaning: Float32Array;
}

export type FeatureHead = LinearFeatureHead | HiddenFeatureHead | NearestFeatureHead | MappedFeatureHead;

/** Undefined for a head that cannot tell what is familiar. */
export function familiarOf(head: FeatureHead): Familiar | undefined {
  if (head.kind === 'linear' || head.kind === 'mlp') return head.familiar;
  if (head.kind === 'mapped' || head.leastCosine === undefined) return undefined;
  return { known: head.known, leastCosine: head.leastCosine };
}

const ofFeatures = { classNames: z.array(z.string()), dimension: z.int().min(1), extractor: z.string() };
const leastCosine = z.number().min(-2).max(2).optional();
const descriptionSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('linear'), leastCosine, ...ofFeatures }),
  z.object({ kind: z.literal('mlp'), leastCosine, ...ofFeatures }),
  z.object({
    kind: z.literal('nearest'),
    neighbours: z.int().min(1),
    temperature: z.number().positive(),
    leastCosine,
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
    const { weight, bias, familiar, ...description } = head;
    return withFamiliar(layerTensors('', { weight, bias }), description, familiar);
  }
  if (head.kind === 'mlp') {
    const { hidden, weight, bias, familiar, ...description } = head;
    const tensors = new Map([...layerTensors('hidden.', hidden), ...layerTensors('', { weight, bias })]);
    return withFamiliar(tensors, description, familiar);
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

function layerTensors(prefix: string, { weight, bias }: Layer): Map<string, StoredTensor> {
  return new Map([
    [`${prefix}weight`, { shape: [bias.length, weight.length / bias.length], data: weight }],
    [`${prefix}bias`, { shape: [bias.length], data: bias }],
  ]);
}

function withFamiliar(tensors: Map<string, StoredTensor>, description: OfFeatures, familiar: Familiar | undefined) {
  if (!familiar) return { tensors, description };
  const { known, leastCosine } = familiar;
  tensors.set('familiar', { shape: [known.length / description.dimension, description.dimension], data: known });
  return { tensors, description: { ...description, leastCosine } };
}

/** Throws `CheckpointUnreadable`. */
export async function readHead(path: string): Promise<FeatureHead> {
  const { tensors, metadata } = await readSafetensors(path);
  const description = descriptionOf(metadata.get('understudyHead'));
  const head = description && joined(description, (name) => tensors.get(name)?.data ?? new Float32Array());
  if (!head) throw new CheckpointUnreadable(`${path} is not a classifier over features: train the teacher again.`);
  return head;
}

/** Undefined if the tensors' sizes do not match the description, or if they refer to nonexistent classes. */
function joined(
  description: z.infer<typeof descriptionSchema>,
  tensor: (name: string) => Float32Array,
): FeatureHead | undefined {
  const { dimension, classNames } = description;
  const classes = classNames.length;
  const areClasses = (values: Float32Array, least: number) =>
    values.every((value) => Number.isInteger(value) && value >= least && value < classes);
  if (description.kind === 'linear' || description.kind === 'mlp') {
    const { leastCosine, ...rest } = description;
    const [weight, bias, known] = [tensor('weight'), tensor('bias'), tensor('familiar')];
    const says = leastCosine !== undefined;
    if (bias.length !== classes || says !== known.length > 0 || known.length % dimension !== 0) return undefined;
    const familiar = says ? { known, leastCosine } : undefined;
    if (rest.kind === 'linear') {
      return weight.length === classes * dimension ? { ...rest, kind: 'linear', weight, bias, familiar } : undefined;
    }
    const hidden = { weight: tensor('hidden.weight'), bias: tensor('hidden.bias') };
    const units = hidden.bias.length;
    const fits = units > 0 && weight.length === classes * units && hidden.weight.length === units * dimension;
    return fits ? { ...rest, kind: 'mlp', hidden, weight, bias, familiar } : undefined;
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
    // Linear heads were once the only kind, and did not say so.
    const told = typeof found === 'object' && found !== null ? { kind: 'linear', ...found } : found;
    return descriptionSchema.safeParse(told).data;
  } catch {
    return undefined;
  }
}
