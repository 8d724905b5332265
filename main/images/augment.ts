/**
 * Training-time augmentation and the evaluation transform, from cached 8-bit pixels to normalised float planes; or to
 * views of the pixels, for a device that computes the planes itself. Every random draw comes from the generator that is
 * passed in and is the same in both forms; nothing is allocated for the common case (crop and flip).
 */
import type { CounterRandom } from '../random.ts';
import { type ViewLine, viewLines } from '../view-lines.ts';
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

/** A part of an image, in its pixels. */
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
  const { flip, pixels, part, erased } = varied(source, sourceSizePx, targetSizePx, augmentation, random);
  const place = { target, targetOffset, targetSizePx, planeStride, flip, levels };
  if (part.kind === 'region') resample(pixels, sourceSizePx, part, place);
  else copyReflected(pixels, sourceSizePx, part, place);
  if (erased) erase(place, erased);
}

/**
 * The destination of an image's pixels and of its view: four lines, each with one number per pixel of a side of the
 * network's input.
 */
export interface ViewedPlace {
  readonly pixels: Uint8Array;
  readonly offset: number;
  readonly views: Float32Array;
  readonly viewOffset: number;
}

export function viewLength(targetSizePx: number): number {
  return viewLines.length * targetSizePx;
}

/**
 * The same augmentation as a view: writes the image's pixels, with colour jitter if requested, and the source position
 * of each row and each column of the result; then for each row and each column 1 if it is part of the erased rectangle
 * (a pixel is erased if both are 1).
 */
export function augmentedView(
  source: Uint8Array,
  sourceSizePx: number,
  { pixels: into, offset, views, viewOffset }: ViewedPlace,
  targetSizePx: number,
  augmentation: Augmentation,
  random: CounterRandom,
): void {
  const { flip, pixels, part, erased } = varied(source, sourceSizePx, targetSizePx, augmentation, random);
  into.set(pixels, offset);
  const line = linesOf(views, viewOffset, targetSizePx);
  const [rows, columns] = [line('rows'), line('columns')];
  const [erasedRows, erasedColumns] = [line('erasedRows'), line('erasedColumns')];
  const last = sourceSizePx - 1;
  for (let index = 0; index < targetSizePx; index++) {
    if (part.kind === 'window') {
      rows[index] = reflect(part.top + index, last);
      columns[index] = reflect(part.left + index, last);
    } else {
      rows[index] = sampledAt(index, part.top, part.height, targetSizePx, last);
      columns[index] = sampledAt(index, part.left, part.width, targetSizePx, last);
    }
  }
  if (flip) columns.reverse();
  erasedRows.fill(0);
  erasedColumns.fill(0);
  if (!erased) return;
  erasedRows.fill(1, erased.top, erased.top + erased.height);
  erasedColumns.fill(1, erased.left, erased.left + erased.width);
}

/** The evaluation transform as a view. */
export function centredView(
  sourceSizePx: number,
  { views, viewOffset }: Pick<ViewedPlace, 'views' | 'viewOffset'>,
  targetSizePx: number,
): void {
  const line = linesOf(views, viewOffset, targetSizePx);
  const [rows, columns] = [line('rows'), line('columns')];
  const margin = (sourceSizePx - targetSizePx) >> 1;
  for (let index = 0; index < targetSizePx; index++) rows[index] = columns[index] = margin + index;
  line('erasedRows').fill(0);
  line('erasedColumns').fill(0);
}

function linesOf(views: Float32Array, offset: number, sizePx: number): (name: ViewLine) => Float32Array {
  return (name) => {
    const from = offset + viewLines.indexOf(name) * sizePx;
    return views.subarray(from, from + sizePx);
  };
}

interface Varied {
  readonly flip: boolean;
  readonly pixels: Uint8Array;
  /**
   * The source of the result: a window of the result's size, which may extend beyond the edges, or a region of any
   * size.
   */
  readonly part: ({ readonly kind: 'window' } & Window) | ({ readonly kind: 'region' } & Region);
  /** A part of the result. */
  readonly erased: Region | undefined;
}

function varied(
  source: Uint8Array,
  sourceSizePx: number,
  targetSizePx: number,
  { horizontalFlip, colourJitter, crop, randomErasing }: Augmentation,
  random: CounterRandom,
): Varied {
  const flip = horizontalFlip && random.uniform() < 0.5;
  const pixels = colourJitter ? jitterColour(source, colourJitter, random) : source;
  const part =
    crop.kind === 'randomResized'
      ? ({ kind: 'region', ...randomRegion(sourceSizePx, crop, random) } as const)
      : ({ kind: 'window', ...window(sourceSizePx, targetSizePx, crop, random) } as const);
  return { flip, pixels, part, erased: randomErasing && erasedRegion(targetSizePx, randomErasing, random) };
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
  copyReflected(source, sourceSizePx, { left: margin, top: margin }, place);
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
interface Window {
  readonly left: number;
  readonly top: number;
}

function window(
  sourceSizePx: number,
  targetSizePx: number,
  crop: Exclude<Augmentation['crop'], { kind: 'randomResized' }>,
  random: CounterRandom,
): Window {
  const margin = (sourceSizePx - targetSizePx) >> 1;
  if (crop.kind === 'none') return { left: margin, top: margin };
  const { paddingPx } = crop;
  if (paddingPx >= sourceSizePx) throw new Error(`an image of ${sourceSizePx} px cannot be padded by ${paddingPx}`);
  const span = sourceSizePx + 2 * paddingPx - targetSizePx + 1;
  return { left: random.integer(span) - paddingPx, top: random.integer(span) - paddingPx };
}

function copyReflected(
  source: Uint8Array,
  sourceSizePx: number,
  { left, top }: Window,
  { target, targetOffset, targetSizePx, planeStride: plane, flip, levels }: Place,
): void {
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
    const position = sampledAt(index, start, length, count, last);
    const low = Math.floor(position);
    return { low, high: Math.min(last, low + 1), share: position - low };
  });
}

/**
 * The centre of the `index`-th of `count` pixels that divide `length` pixels of the source, as a position in the
 * source.
 */
function sampledAt(index: number, start: number, length: number, count: number, last: number): number {
  return Math.min(last, Math.max(0, start + ((index + 0.5) * length) / count - 0.5));
}

function erasedRegion(
  targetSizePx: number,
  { probability, maximumArea }: NonNullable<Augmentation['randomErasing']>,
  random: CounterRandom,
): Region | undefined {
  if (random.uniform() >= probability) return undefined;
  const side = targetSizePx * Math.sqrt(maximumArea);
  const width = 1 + random.integer(Math.max(1, Math.floor(side)));
  const height = 1 + random.integer(Math.max(1, Math.floor(side)));
  const left = random.integer(targetSizePx - width + 1);
  const top = random.integer(targetSizePx - height + 1);
  return { left, top, width, height };
}

function erase({ target, targetOffset, targetSizePx, planeStride }: Place, { left, top, width, height }: Region): void {
  for (let channel = 0; channel < 3; channel++) {
    for (let y = top; y < top + height; y++) {
      const row = targetOffset + channel * planeStride + y * targetSizePx;
      target.fill(0, row + left, row + left + width);
    }
  }
}
