/**
 * The method's data (section 3.1): the labelled set D, the large unlabelled set U, and the held-out images that neither
 * training sees; decoded once into the pixel cache.
 */
import { at } from '../at.ts';
import type { LabelledIds } from '../catalogue/catalogue.ts';
import { type ClassRecord, readClasses } from '../catalogue/classes.ts';
import type { Project } from '../catalogue/project.ts';
import type { RunClasses } from '../catalogue/run-classes.ts';
import { pictureNumbers } from '../catalogue/same-pictures.ts';
import { unfoldedLabels } from '../catalogue/several-labelled.ts';
import { heldOutChoice } from '../catalogue/split-train.ts';
import { ExpectedFailure } from '../failure.ts';
import type { Squares } from '../images/squares.ts';
import type { ModelPreprocessing } from '../models/model-preprocessing.ts';
import type { CachedImages } from '../training/train-request.ts';
import { type CollectionDigests, digestsOf } from './collection-digests.ts';
import { type DecodeRequest, decodeOnce, decodeTo, pixelCachePlace } from './decode-once.ts';
import { projectSquares } from './project-squares.ts';

/** Classes by catalogue id; `outputsOf` maps them to a network's outputs. */
export type LabelledImages = LabelledIds;

/**
 * A network's outputs are the classes that have a labelled image, in order of id, without gaps for merged or empty
 * classes.
 */
export interface Collection extends RunClasses {
  /** The classes' first names: renaming a class does not require new training. */
  readonly firstNames: readonly string[];
  /** Images may have several classes. */
  readonly several?: true;
  readonly labelled: LabelledImages;
  readonly unlabelled: Int32Array;
  readonly heldOut: LabelledImages;
  readonly cache: Omit<CachedImages, 'imageIds'>;
  readonly digests: CollectionDigests;
}

export class CollectionUnfit extends ExpectedFailure {}
export class CollectionChanged extends ExpectedFailure {}

/** What preparing the data requires before the recipe is resolved. */
export interface CollectionRequest extends DecodeRequest {
  readonly heldOutFraction: number;
  readonly seed: number;
  /** For work that needs no unlabelled images. */
  readonly labelsAlone?: boolean | undefined;
}

/**
 * The sets as the catalogue has them, before any image is decoded. Throws `CollectionUnfit` if the method cannot run.
 */
export async function readCollection({
  project,
  heldOutFraction,
  seed,
  labelsAlone,
}: CollectionRequest): Promise<CollectionSets> {
  const sets = await readSets(project, heldOutFraction, seed);
  requireTrainable(sets, labelsAlone);
  return sets;
}

/**
 * What prevents the method from running on the present collection, in one sentence; null if nothing does. Changes
 * nothing.
 */
export async function unfitBecause(request: Pick<CollectionRequest, 'project' | 'heldOutFraction' | 'seed'>) {
  try {
    await previewCollection(request);
    return null;
  } catch (error) {
    if (error instanceof CollectionUnfit) return error.message;
    throw error;
  }
}

/**
 * What `readCollection` would return, split as it would split the images. Changes nothing. Throws `CollectionUnfit`.
 */
export async function previewCollection({
  project,
  heldOutFraction,
  seed,
  labelsAlone,
}: Pick<CollectionRequest, 'project' | 'heldOutFraction' | 'seed' | 'labelsAlone'>): Promise<CollectionSets> {
  const { catalogue, database } = project;
  const [labelled, unlabelled] = [await catalogue.labelledImages('train'), await catalogue.unlabelledImages()];
  const heldOut = await givenHeldOut(project);
  const pictures = await pictureNumbers(database);
  const chosen = new Set(heldOutChoice(labelled, { fraction: heldOutFraction }, seed, pictures));
  const parted = heldOut.imageIds.length > 0 ? { labelled, heldOut } : heldOutFrom(labelled, chosen);
  const sets = { ...parted, unlabelled, ...(await namesOf(project, parted)) };
  requireTrainable(sets, labelsAlone);
  return sets;
}

/** Decodes what is not in the cache yet; images that turn out to be broken or missing are in no set. */
export async function decodeCollection(request: CollectionRequest, imageSizePx: number): Promise<Collection> {
  return await collectionOf(request, (await decodeOnce(request, imageSizePx)).cache);
}

/** The same, to exactly these squares. */
export async function decodeCollectionTo(request: CollectionRequest, squares: Squares): Promise<Collection> {
  return await collectionOf(request, (await decodeTo(request, squares)).cache);
}

/** For work that reads no pixels: refers to what earlier work decoded. */
export async function undecodedCollection(request: CollectionRequest, squares: Squares): Promise<Collection> {
  return await collectionOf(request, pixelCachePlace(request.project, squares));
}

async function collectionOf(request: CollectionRequest, cache: Collection['cache']): Promise<Collection> {
  const { project, tell } = request;
  const sets = await readCollection(request);
  for (const message of notes(sets)) tell({ kind: 'noted', message });
  return { ...sets, cache, digests: await digestsOf(project, sets) };
}

export type CollectionSets = Pick<
  Collection,
  'classIds' | 'classNames' | 'firstNames' | 'several' | 'labelled' | 'unlabelled' | 'heldOut'
>;

async function readSets(project: Project, heldOutFraction: number, seed: number): Promise<CollectionSets> {
  const { catalogue } = project;
  const held = await givenHeldOut(project);
  if (held.imageIds.length === 0) {
    await catalogue.splitTrain({ fraction: heldOutFraction, seed });
  }
  const sets = {
    labelled: await catalogue.labelledImages('train'),
    unlabelled: await catalogue.unlabelledImages(),
    heldOut: held.imageIds.length > 0 ? held : await catalogue.labelledImages('val'),
  };
  return { ...sets, ...(await namesOf(project, sets)) };
}

/** The test images if there are any, or else those held out for validation. */
async function givenHeldOut({ catalogue }: Project): Promise<LabelledImages> {
  const test = await catalogue.labelledImages('test');
  return test.imageIds.length > 0 ? test : await catalogue.labelledImages('val');
}

/** Splits as `splitTrain` would. */
function heldOutFrom(labelled: LabelledImages, held: ReadonlySet<number>) {
  const rowsIn = ({ imageIds, classIds }: Pick<LabelledImages, 'imageIds' | 'classIds'>, inside: boolean) => ({
    imageIds: imageIds.filter((id) => held.has(id) === inside),
    classIds: classIds.filter((_, index) => held.has(at(imageIds, index)) === inside),
  });
  const part = (inside: boolean): LabelledImages => ({
    ...rowsIn(labelled, inside),
    ...(labelled.further && { further: rowsIn(labelled.further, inside) }),
  });
  return { labelled: part(false), heldOut: part(true) };
}

/** A class without a labelled or held-out image (created by hand, or emptied) does not exist for a network yet. */
function classesIn(
  classes: readonly ClassRecord[],
  { labelled, heldOut }: Pick<CollectionSets, 'labelled' | 'heldOut'>,
): ClassRecord[] {
  const used = new Set([...unfoldedLabels(labelled).classIds, ...unfoldedLabels(heldOut).classIds]);
  return classes.filter(({ id }) => used.has(id));
}

async function namesOf(
  { catalogue, database }: Project,
  sets: Pick<CollectionSets, 'labelled' | 'heldOut'>,
): Promise<Pick<Collection, 'classIds' | 'classNames' | 'firstNames' | 'several'>> {
  const classes = classesIn(await readClasses(database), sets);
  return {
    ...((await catalogue.labelSetting()) === 'several' && { several: true }),
    classIds: classes.map(({ id }) => id),
    classNames: classes.map(({ name }) => name),
    firstNames: classes.map(({ firstName }) => firstName),
  };
}

function requireTrainable(
  { classIds, classNames, labelled, unlabelled, heldOut }: CollectionSets,
  labelsAlone = false,
): void {
  if (labelled.imageIds.length === 0) {
    throw new CollectionUnfit(
      'This project has no readable labelled image: add a folder with one sub-folder of images per class.',
    );
  }
  const trained = new Set(unfoldedLabels(labelled).classIds);
  const present = classNames.filter((_, output) => trained.has(at(classIds, output)));
  if (present.length < 2) {
    throw new CollectionUnfit(
      `All labelled images are of one class (“${present[0]}”): a classifier needs at least two; add a labelled folder with one sub-folder per class.`,
    );
  }
  const missing = classNames.filter((_, output) => !trained.has(at(classIds, output)));
  if (missing.length > 0) {
    throw new CollectionUnfit(
      `There is no labelled training image of the class “${missing[0]}” (only held-out ones): add some, or merge that class into another.`,
    );
  }
  if (unlabelled.length === 0 && !labelsAlone) {
    throw new CollectionUnfit('This project has no readable unlabelled image for the teacher to label: add a folder.');
  }
  if (heldOut.imageIds.length === 0) {
    throw new CollectionUnfit(
      'There are too few labelled images to hold some out for evaluation: add more, or add a folder with --split test.',
    );
  }
}

function notes({ classIds, classNames, ...sets }: CollectionSets): string[] {
  const [labelled, heldOut] = [unfoldedLabels(sets.labelled), unfoldedLabels(sets.heldOut)];
  return classNames.flatMap((name, output) => {
    const classId = classIds[output];
    const count = (ids: Int32Array) => ids.reduce((sum, id) => sum + Number(id === classId), 0);
    const found = [];
    if (count(labelled.classIds) === 1)
      found.push(`The class “${name}” has a single labelled image to train on: expect it to be learnt badly.`);
    if (count(heldOut.classIds) === 0)
      found.push(`The class “${name}” has no held-out image: its accuracy will be unknown.`);
    return found;
  });
}

/**
 * The pixels of the same images for a network that uses another size than the recipe, another crop share, or another
 * resampling filter, such as a teacher from elsewhere; missing ones are decoded. Throws `CollectionChanged` if some
 * images no longer exist.
 */
export async function pixelsFor(
  request: DecodeRequest,
  collection: Collection,
  imageSizePx: number,
  preprocessing?: ModelPreprocessing,
): Promise<Collection['cache']> {
  const squares = projectSquares(request.project, imageSizePx, preprocessing);
  if (pixelCachePlace(request.project, squares).cacheDirectory === collection.cache.cacheDirectory)
    return collection.cache;
  const { cache, lost } = await decodeTo(request, squares);
  if (lost.length > 0) throw new CollectionChanged(changedMessage(lost.length));
  return cache;
}

export function changedMessage(count: number): string {
  return `${count === 1 ? 'An image has' : `${count} images have`} disappeared while this was running: run the same command again to continue without ${count === 1 ? 'it' : 'them'}.`;
}
