/**
 * Training-time augmentation and the evaluation transform, from cached 8-bit pixels to normalised float planes. Every
 * random draw comes from the generator that is passed in; nothing is allocated for the common case (crop and flip).
 */
import type { CounterRandom } from '../random.ts';
import { jitterColour } from './colour-jitter.ts';
import { type Levels, normalised } from './normalise.ts';

export interface Augmentation {
  readonly crop:
    | { readonly kind: 'none' }
    /** Pads the image by reflection, then takes a window of the image's own size (He et al., 2015, on CIFAR). */
    | { readonly kind: 'reflectPad'; readonly paddingPx: number }
    /**
     * A random part with at least the share `minimumArea` of the image and at most the aspect ratio `maximumAspect`
     * (Szegedy et al., 2015).
     */
    | { readonly kind: 'randomResized'; readonly minimumArea: number; readonly maximumAspect: number };
  readonly horizontalFlip: boolean;
  /** Largest relative change of each; hue in turns of the colour wheel. */
  readonly colourJitter?: {
    readonly brightness: number;
    readonly contrast: number;
    readonly saturation: number;
    readonly hue: number;
  };
  /** Replaces one rectangle by the mean colour (Zhong et al., 2017). */
  readonly randomErasing?: { readonly probability: number; readonly maximumArea: number };
}

/** A part of the source image, in source pixels. */
interface Region {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Writes one augmented image of `targetSizePx` at `targetOffset` of `target`: three normalised planes (CHW),
 * `planeStride` numbers apart, since the planes of one frame of a clip are not adjacent. `source` is [sourceSizePx,
 * sourceSizePx, 3].
 */
export function augment(
  source: Uint8Array,
  sourceSizePx: number,
  target: Float32Array,
  targetOffset: number,
  targetSizePx: number,
  augmentation: Augmentation,
  random: CounterRandom,
  levels: Levels = normalised,
  planeStride = targetSizePx ** 2,
): void {
  const flip = augmentation.horizontalFlip && random.uniform() < 0.5;
  const pixels = augmentation.colourJitter ? jitterColour(source, augmentation.colourJitter, random) : source;
  const place = { target, targetOffset, targetSizePx, planeStride, flip, levels };
  const { crop } = augmentation;
  if (crop.kind === 'randomResized') {
    resample(pixels, sourceSizePx, randomRegion(sourceSizePx, crop, random), place);
  } else {
    const { left, top, reach } = window(sourceSizePx, targetSizePx, crop, random);
    copyReflected(pixels, sourceSizePx, left, top, reach, place);
  }
  if (augmentation.randomErasing) erase(place, augmentation.randomErasing, random);
}

/**
 * The evaluation transform: the centre of the image, normalised. The source must be at least as large as the target.
 */
export function centreCrop(
  source: Uint8Array,
  sourceSizePx: number,
  target: Float32Array,
  targetOffset: number,
  targetSizePx: number,
  levels: Levels = normalised,
  planeStride = targetSizePx ** 2,
): void {
  const place = { target, targetOffset, targetSizePx, planeStride, flip: false, levels };
  const margin = (sourceSizePx - targetSizePx) >> 1;
  copyReflected(source, sourceSizePx, margin, margin, 0, place);
}

interface Place {
  readonly target: Float32Array;
  readonly targetOffset: number;
  readonly targetSizePx: number;
  readonly planeStride: number;
  readonly flip: boolean;
  readonly levels: Levels;
}

/** The start of the crop window; coordinates outside the image are reflected. */
function window(
  sourceSizePx: number,
  targetSizePx: number,
  crop: Exclude<Augmentation['crop'], { kind: 'randomResized' }>,
  random: CounterRandom,
): { left: number; top: number; reach: number } {
  const margin = (sourceSizePx - targetSizePx) >> 1;
  if (crop.kind === 'none') return { left: margin, top: margin, reach: 0 };
  const { paddingPx } = crop;
  const span = sourceSizePx + 2 * paddingPx - targetSizePx + 1;
  return { left: random.integer(span) - paddingPx, top: random.integer(span) - paddingPx, reach: paddingPx };
}

function copyReflected(
  source: Uint8Array,
  sourceSizePx: number,
  left: number,
  top: number,
  reach: number,
  { target, targetOffset, targetSizePx, planeStride: plane, flip, levels }: Place,
): void {
  if (reach >= sourceSizePx) throw new Error(`an image of ${sourceSizePx} px cannot be padded by ${reach}`);
  const [red, green, blue] = levels;
  const last = sourceSizePx - 1;
  for (let y = 0; y < targetSizePx; y++) {
    const row = reflect(top + y, last) * sourceSizePx;
    let to = targetOffset + y * targetSizePx;
    for (let x = 0; x < targetSizePx; x++, to++) {
      const column = reflect(left + (flip ? targetSizePx - 1 - x : x), last);
      const from = 3 * (row + column);
      target[to] = red[source[from] as number] as number;
      target[to + plane] = green[source[from + 1] as number] as number;
      target[to + 2 * plane] = blue[source[from + 2] as number] as number;
    }
  }
}

/** Mirrors a coordinate at the first and the last pixel, which are not repeated. */
function reflect(position: number, last: number): number {
  if (position < 0) return -position;
  return position > last ? 2 * last - position : position;
}

function randomRegion(
  sizePx: number,
  crop: Extract<Augmentation['crop'], { kind: 'randomResized' }>,
  random: CounterRandom,
): Region {
  const area = sizePx * sizePx * (crop.minimumArea + random.uniform() * (1 - crop.minimumArea));
  const aspect = Math.exp((2 * random.uniform() - 1) * Math.log(crop.maximumAspect));
  const width = Math.min(sizePx, Math.sqrt(area * aspect));
  const height = Math.min(sizePx, Math.sqrt(area / aspect));
  return { left: random.uniform() * (sizePx - width), top: random.uniform() * (sizePx - height), width, height };
}

/** Bilinear, sampling at pixel centres. */
function resample(
  source: Uint8Array,
  sourceSizePx: number,
  { left, top, width, height }: Region,
  { target, targetOffset, targetSizePx, planeStride: plane, flip, levels }: Place,
): void {
  const last = sourceSizePx - 1;
  const columns = samples(left, width, targetSizePx, last);
  const rows = samples(top, height, targetSizePx, last);
  for (let channel = 0; channel < 3; channel++) {
    const table = levels[channel] as Float32Array;
    for (let y = 0; y < targetSizePx; y++) {
      const { low, high, share } = rows[y] as Sample;
      let to = targetOffset + channel * plane + y * targetSizePx;
      for (let x = 0; x < targetSizePx; x++, to++) {
        const column = columns[flip ? targetSizePx - 1 - x : x] as Sample;
        const at = (row: number, place: number) =>
          table[source[3 * (row * sourceSizePx + place) + channel] as number] as number;
        const above = at(low, column.low) * (1 - column.share) + at(low, column.high) * column.share;
        const below = at(high, column.low) * (1 - column.share) + at(high, column.high) * column.share;
        target[to] = above * (1 - share) + below * share;
      }
    }
  }
}

interface Sample {
  readonly low: number;
  readonly high: number;
  readonly share: number;
}

function samples(start: number, length: number, count: number, last: number): Sample[] {
  return Array.from({ length: count }, (_, index) => {
    const position = Math.min(last, Math.max(0, start + ((index + 0.5) * length) / count - 0.5));
    const low = Math.floor(position);
    return { low, high: Math.min(last, low + 1), share: position - low };
  });
}

function erase(
  { target, targetOffset, targetSizePx, planeStride }: Place,
  { probability, maximumArea }: NonNullable<Augmentation['randomErasing']>,
  random: CounterRandom,
): void {
  if (random.uniform() >= probability) return;
  const side = targetSizePx * Math.sqrt(maximumArea);
  const width = 1 + random.integer(Math.max(1, Math.floor(side)));
  const height = 1 + random.integer(Math.max(1, Math.floor(side)));
  const left = random.integer(targetSizePx - width + 1);
  const top = random.integer(targetSizePx - height + 1);
  for (let channel = 0; channel < 3; channel++) {
    for (let y = top; y < top + height; y++) {
      const row = targetOffset + channel * planeStride + y * targetSizePx;
      target.fill(0, row + left, row + left + width);
    }
  }
}
