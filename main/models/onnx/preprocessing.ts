/**
 * A network's preprocessing: the size, the centre crop, and the numbers for black and white. It belongs to the network;
 * presets are known by name, and a file's name and metadata indicate which one is likely.
 */
import { z } from 'zod';

export const preprocessingSchema = z.object({
  sizePx: z.int().min(8).max(4096),
  /** The visible share of the short side (timm's crop_pct): 0.875 is 224 out of 256. */
  cropShare: z.number().gt(0).max(1),
  /** The filter for shrinking pictures. */
  interpolation: z.enum(['linear', 'cubic']),
  /** For red, green and blue, with pixels from 0 to 1. */
  mean: z.tuple([z.number(), z.number(), z.number()]),
  deviation: z.tuple([z.number(), z.number(), z.number()]),
});

export type Preprocessing = z.infer<typeof preprocessingSchema>;

type Normalisation = Pick<Preprocessing, 'mean' | 'deviation'>;

const IMAGENET: Normalisation = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] };
const HALF: Normalisation = { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] };

type Preset = Omit<Preprocessing, 'sizePx'>;

/** Sources: torchvision's weight transforms, timm's data constants, open_clip, the model cards of DINOv2 and SigLIP. */
export const presets = {
  imagenet: preset({ cropShare: 0.875, interpolation: 'linear', ...IMAGENET }),
  dinov2: preset({ cropShare: 0.875, interpolation: 'cubic', ...IMAGENET }),
  clip: preset({
    ...{ cropShare: 1, interpolation: 'cubic' },
    ...{ mean: [0.48145466, 0.4578275, 0.40821073], deviation: [0.26862954, 0.26130258, 0.27577711] },
  }),
  /** From −1 to 1, as in TensorFlow's networks and ViT's original weights. */
  half: preset({ cropShare: 0.875, interpolation: 'linear', ...HALF }),
  siglip: preset({ cropShare: 1, interpolation: 'cubic', ...HALF }),
  /** From 0 to 1, for networks that normalise by themselves. */
  unit: preset({ cropShare: 0.875, interpolation: 'linear', mean: [0, 0, 0], deviation: [1, 1, 1] }),
};

export type PresetName = keyof typeof presets;

export const presetNames = Object.keys(presets) as PresetName[];

function preset(values: Preset): Preset {
  return values;
}

/** What names indicate; the first match counts. */
const BY_NAME: readonly (readonly [RegExp, PresetName])[] = [
  [/siglip/i, 'siglip'],
  [/clip/i, 'clip'],
  [/dino/i, 'dinov2'],
  [/coral|tflite|tf2?[_-]|tensorflow|_quant\b|inception|augreg|vit.*(in21k|google)|mobilenet_v[12]_\d/i, 'half'],
];

export interface PreprocessingGuess {
  readonly preset: PresetName;
  /** False if there was no indication: the user is asked. */
  readonly sure: boolean;
}

/** @param texts the file's name and metadata */
export function guessPreset(texts: readonly string[]): PreprocessingGuess {
  for (const [pattern, name] of BY_NAME) {
    if (texts.some((text) => pattern.test(text))) return { preset: name, sure: true };
  }
  const named = texts.some((text) =>
    /resne[x]?t|convnext|efficientnet|regnet|densenet|mobilenet|vgg|swin|deit|imagenet/i.test(text),
  );
  return { preset: 'imagenet', sure: named };
}

/** Hugging Face's preprocessor_config.json beside a network, as far as it describes preprocessing. */
const huggingFaceSchema = z.object({
  size: z
    .union([z.number(), z.object({ shortest_edge: z.number() }), z.object({ height: z.number(), width: z.number() })])
    .optional(),
  crop_size: z.union([z.number(), z.object({ height: z.number(), width: z.number() })]).optional(),
  do_center_crop: z.boolean().optional(),
  do_normalize: z.boolean().optional(),
  image_mean: z.tuple([z.number(), z.number(), z.number()]).optional(),
  image_std: z.tuple([z.number(), z.number(), z.number()]).optional(),
  /** Pillow's number of the filter: 2 is linear, 3 is cubic. */
  resample: z.number().optional(),
});

const CUBIC = 3;

/** Undefined if the text is not such a file. */
export function fromHuggingFace(text: string): Preprocessing | undefined {
  const parsed = huggingFaceSchema.safeParse(parsedJson(text));
  if (!parsed.success) return undefined;
  const {
    size,
    crop_size: crop,
    do_center_crop: crops,
    do_normalize: normalises,
    image_mean: mean,
    image_std: deviation,
    resample,
  } = parsed.data;
  const resized = sideOf(size);
  const seen = (crops === false ? undefined : sideOf(crop)) ?? resized;
  if (seen === undefined || resized === undefined) return undefined;
  const normal = normalises !== false && mean && deviation ? { mean, deviation } : presets.unit;
  const found = {
    sizePx: seen,
    cropShare: Math.min(1, seen / resized),
    interpolation: resample === CUBIC ? 'cubic' : 'linear',
  };
  return preprocessingSchema.safeParse({ ...found, mean: normal.mean, deviation: normal.deviation }).data;
}

/** As written in an ONNX file of ours. */
const ownSchema = z.object({
  resizeShortSidePx: z.number(),
  interpolation: z.string(),
  centreCropPx: z.number(),
  mean: z.tuple([z.number(), z.number(), z.number()]),
  standardDeviation: z.tuple([z.number(), z.number(), z.number()]),
});

/** Undefined if the text is not such metadata. */
export function fromUnderstudy(text: string): Preprocessing | undefined {
  const parsed = ownSchema.safeParse(parsedJson(text));
  if (!parsed.success) return undefined;
  const { resizeShortSidePx, centreCropPx: sizePx, interpolation, mean, standardDeviation: deviation } = parsed.data;
  const seen = { sizePx, cropShare: Math.min(1, sizePx / resizeShortSidePx) };
  return preprocessingSchema.safeParse({
    ...seen,
    ...{ mean, deviation, interpolation: interpolation === 'bicubic' ? 'cubic' : 'linear' },
  }).data;
}

function sideOf(size: number | { shortest_edge: number } | { height: number } | undefined): number | undefined {
  if (size === undefined || typeof size === 'number') return size;
  return 'height' in size ? size.height : size.shortest_edge;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
