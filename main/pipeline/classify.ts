/**
 * Classifies image files with any model file, in the order of the files; for a file that cannot be decoded, gives the
 * reason.
 */
import { stat } from 'node:fs/promises';
import { at } from '../at.ts';
import { ExpectedFailure, WrongUsage } from '../failure.ts';
import { archiveKindOf } from '../images/archive-kind.ts';
import { fileAt, fileIn, type ImageLocator, imageName } from '../images/image-locator.ts';
import { versionNow } from '../images/open-source-file.ts';
import { scanFolder } from '../images/scan.ts';
import { runTask } from '../jobs/run-task.ts';
import { isObjectAddress } from '../object-address.ts';
import type { ScoredBatch } from '../training/predict-request.ts';
import { topClasses } from '../training/top-classes.ts';
import type { ComputeTarget } from '../training/train-request.ts';
import { calibrated } from './calibration.ts';
import type { Classifier } from './classifier.ts';
import { ListedImages } from './listed-images.ts';

const SHOWN_CLASSES = 5;
const BATCH = 32;

export class NothingToClassify extends ExpectedFailure {}

export interface ClassifiedImage {
  readonly place: number;
  readonly path: string;
  /** The five best classes (or all, if fewer), best first, calibrated if possible; empty if the image is unreadable. */
  readonly top: readonly { readonly className: string; readonly probability: number }[];
  /** For a model with several classes per image: the classes that reach their thresholds, best first. */
  readonly said?: readonly { readonly className: string; readonly probability: number }[];
  readonly unreadable: string | null;
  /** Whether it is known to be unlike anything the model has learnt from, in which case its classes mean little. */
  readonly unlike: boolean;
}

export interface ClassifyRequest {
  readonly classifier: Classifier;
  readonly images: ListedImages | readonly ImageLocator[];
  readonly target: ComputeTarget;
  readonly signal: AbortSignal;
  /** How many of the images were classified before. */
  readonly done?: number;
  /** How many images a compute thread is given at once. */
  readonly atOnce?: number;
}

const IMAGES_AT_ONCE = 16_384;

export async function classifyFiles(
  request: ClassifyRequest,
  onBatch: (classified: readonly ClassifiedImage[], done: number) => void,
): Promise<void> {
  const { done = 0, atOnce = IMAGES_AT_ONCE } = request;
  const images = request.images instanceof ListedImages ? request.images : ListedImages.of(request.images);
  const batch = Math.min(BATCH, images.length);
  for (let first = atOnce * Math.floor(done / atOnce); first < images.length; first += atOnce) {
    const part = { first, done: Math.max(0, done - first), images: await images.part(first, atOnce), batch };
    if (part.done < part.images.length) await classifyPart(request, part, onBatch);
  }
}

/** Images of the list from `first` on; `done` of them were classified before. */
interface Part {
  readonly first: number;
  readonly done: number;
  readonly images: readonly ImageLocator[];
  readonly batch: number;
}

async function classifyPart(
  { classifier, target, signal }: ClassifyRequest,
  part: Part,
  onBatch: (classified: readonly ClassifiedImage[], done: number) => void,
): Promise<void> {
  const { images, batch, done } = part;
  const { modelPath } = classifier;
  const options = {
    signal,
    onEvent: (scored: ScoredBatch) =>
      onBatch(classified(scored, part, classifier), part.first + scored.first + scored.count),
  };
  if (classifier.kind === 'network') {
    const familiarPath = classifier.familiar?.path;
    const energies = familiarPath === undefined && classifier.leastEnergy !== undefined;
    const asked = { energies, familiarPath };
    const request = { target, modelPath, batch, source: { kind: 'files', images }, first: done, ...asked } as const;
    await runTask('predict', request, options);
    return;
  }
  const { networkPath, extractor } = classifier;
  const request = { target, modelPath, networkPath, extractor, images, batch, first: done };
  await runTask('lookAtFiles', request, options);
}

function classified(batch: ScoredBatch, { first, images }: Part, classifier: Classifier): ClassifiedImage[] {
  const { classNames, temperature, thresholds } = classifier;
  const shown = Math.min(SHOWN_CLASSES, batch.classes);
  const scored = temperature === undefined ? batch : { ...batch, probabilities: allCalibrated(batch, temperature) };
  const best = topClasses(scored, shown);
  const unlike = new Set(batch.unlike ?? unrecognised(batch, classifier));
  const reasons = new Map(batch.unreadable.map(({ place, reason }) => [place, reason]));
  return Array.from({ length: batch.count }, (_, index) => {
    const place = batch.first + index;
    const image = at(images, place);
    const unreadable = reasons.get(place) ?? null;
    const top = Array.from({ length: unreadable === null ? shown : 0 }, (__, rank) => ({
      className: at(classNames, at(best.classIds, index * shown + rank)),
      probability: at(best.probabilities, index * shown + rank),
    }));
    const row = scored.probabilities.subarray(index * batch.classes, (index + 1) * batch.classes);
    const said = thresholds && { said: unreadable === null ? saidOf(row, classNames, thresholds) : [] };
    const isUnlike = unreadable === null && unlike.has(place);
    return { place: first + place, path: imageName(image), top, ...said, unreadable, unlike: isUnlike };
  });
}

/** The places of the images in which the network recognises too little. */
function unrecognised({ first, energies, distances }: ScoredBatch, classifier: Classifier): number[] {
  const most = classifier.kind === 'network' ? classifier.familiar?.mostDistance : undefined;
  if (most !== undefined && distances) {
    return [...distances.keys()].filter((row) => at(distances, row) > most).map((row) => first + row);
  }
  const least = classifier.kind === 'network' ? classifier.leastEnergy : undefined;
  if (least === undefined || !energies) return [];
  return [...energies.keys()].filter((row) => at(energies, row) < least).map((row) => first + row);
}

function saidOf(probabilities: Float32Array, classNames: readonly string[], thresholds: readonly number[]) {
  return classNames
    .map((className, output) => ({ className, probability: at(probabilities, output), output }))
    .filter(({ probability, output }) => probability >= at(thresholds, output))
    .sort((a, b) => b.probability - a.probability || a.output - b.output)
    .map(({ className, probability }) => ({ className, probability }));
}

/** [count, classes] */
function allCalibrated({ probabilities, count, classes }: ScoredBatch, temperature: number): Float32Array {
  const shown = new Float32Array(count * classes);
  for (let first = 0; first < shown.length; first += classes) {
    shown.set(calibrated(probabilities.subarray(first, first + classes), temperature), first);
  }
  return shown;
}

/**
 * An image, or all images below a folder or in an archive; to be closed. Throws `WrongUsage` if the path does not exist,
 * `NothingToClassify` if it has no image.
 */
export async function imagesAt(
  path: string,
  signal: AbortSignal,
  onProblem: (problem: { readonly path: string; readonly reason: string }) => void,
): Promise<ListedImages> {
  const alone = isObjectAddress(path) ? await objectAlone(path) : await fileAlone(path);
  if (alone) return ListedImages.of([alone]);
  const images = new ListedImages();
  for await (const entry of scanFolder(path, { signal })) {
    if (entry.kind === 'image') {
      const { relativePath, bytes, modifiedMs, place } = entry;
      const version = { bytes, modifiedMs };
      if (place) await images.add({ kind: 'entry', folder: path, relativePath, ...place, version });
      else await images.add({ ...fileIn(path, relativePath), version });
    } else onProblem({ path: entry.relativePath, reason: entry.reason });
  }
  if (images.length === 0) throw new NothingToClassify(`There is no image in ${path}: nothing was classified.`);
  return images;
}

async function fileAlone(path: string): Promise<ImageLocator | undefined> {
  const found = await stat(path).catch(() => {
    throw new WrongUsage(`There is no file or folder ${path}: check the path.`);
  });
  if (!found.isFile() || archiveKindOf(path) !== undefined) return undefined;
  return { ...fileAt(path), version: { bytes: found.size, modifiedMs: found.mtimeMs } };
}

/** Undefined if the address is not an object, or is an archive. */
async function objectAlone(address: string): Promise<ImageLocator | undefined> {
  if (archiveKindOf(address) !== undefined) return undefined;
  const version = await versionNow(address);
  const slash = address.lastIndexOf('/');
  return version && { ...fileIn(address.slice(0, slash), address.slice(slash + 1)), version };
}
