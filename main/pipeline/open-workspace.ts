/**
 * Prepares a project for the method: which recipe (the one requested, or the project's last one), with its automatic
 * values resolved for this collection, which images, which device.
 */

import { countTagged } from '../catalogue/image-tags.ts';
import type { Project } from '../catalogue/project.ts';
import { takeReturnedImages } from '../catalogue/returned-images.ts';
import { contradictionNotes } from '../catalogue/same-pictures.ts';
import { chooseDevices } from '../doctor/choose-device.ts';
import { filesNow } from '../images/files-now.ts';
import { squaresLookedAt } from '../training/image-reader.ts';
import { withBrought } from './beginning.ts';
import { withChosenSelection } from './chosen-selection.ts';
import {
  type Collection,
  type CollectionRequest,
  type CollectionSets,
  decodeCollection,
  decodeCollectionTo,
  readCollection,
  undecodedCollection,
} from './collection.ts';
import { compareContents } from './compare-contents.ts';
import { halfPrecision, targetOn } from './compute-precision.ts';
import { requireExtractor } from './extractors.ts';
import { looksWith, notLookedAt } from './feature-teacher.ts';
import { requireTeacher } from './given-teacher.ts';
import { requireInt8 } from './int8-labelling.ts';
import { keepRecipe, lastRecipe } from './kept-recipe.ts';
import { requireNetworks } from './network-choice.ts';
import { NotReadyToShare, plannedLabelling } from './planned-labelling.ts';
import { projectSquares } from './project-squares.ts';
import { applySettings, loadRecipe } from './recipe.ts';
import type { Recipe } from './recipe-schema.ts';
import { type CollectionFacts, type RecipeExplanation, type ResolvedRecipe, resolveRecipe } from './resolve-recipe.ts';
import { requireSeveralPossible } from './several-labels.ts';
import type { Goal } from './stages.ts';
import { keptWeights } from './starting-weights.ts';
import { startsOf } from './starts-of.ts';
import type { Workspace } from './workspace.ts';

export interface WorkspaceOptions {
  readonly recipe?: string;
  /** A recipe made for the project, instead of one with a name. */
  readonly made?: Recipe;
  readonly set?: readonly string[];
  readonly device?: string;
  /** The labelling computes in 8-bit integers. */
  readonly int8?: boolean;
  /** How far the method will go: a goal that needs no pixels decodes none. */
  readonly goal?: Goal;
  /** Only for this run: the project's own recipe stays unchanged. */
  readonly once?: boolean;
  /** Nothing is decoded here: for a labelling whose workers do it. */
  readonly undecoded?: boolean | undefined;
  /** Only the labelled images of the collection. */
  readonly labelsAlone?: boolean | undefined;
}

export interface OpenedWorkspace {
  readonly workspace: Workspace;
  readonly collection: Collection;
  readonly explanations: readonly RecipeExplanation[];
}

/**
 * Throws `CollectionUnfit`, `TeacherUnfit` or `WrongUsage` if the method cannot run as requested, before anything is
 * decoded.
 */
export async function openWorkspace(
  project: Project,
  options: WorkspaceOptions,
  host: Pick<Workspace, 'signal' | 'finishSignal' | 'endedEarly' | 'fleet' | 'tell'>,
): Promise<OpenedWorkspace> {
  const { base, settings } = await recipeAsked(project, options);
  const kept = await withKeptWeights(project, applySettings(base, settings));
  const recipe = await withChosenSelection(project, kept, settings);
  const request: CollectionRequest = {
    project,
    heldOutFraction: recipe.heldOut.fraction,
    seed: recipe.seed,
    labelsAlone: options.labelsAlone,
    ...host,
  };
  host.tell({ kind: 'awaits', awaited: 'folder' });
  await takeReturnedImages(project.database, filesNow);
  host.tell({ kind: 'awaits', awaited: 'catalogue' });
  await compareContents(project, host.signal);
  for (const message of await contradictionNotes(project.database)) host.tell({ kind: 'noted', message });
  // An impossible recipe must be refused before time is spent on decoding.
  const sets = await readCollection(request);
  const first = resolveRecipe(recipe, await factsOf(project, sets, recipe));
  requireNetworks(first.recipe, sets.classNames.length);
  if (sets.several) requireSeveralPossible(recipe);
  if (recipe.teacher.run !== null) await requireTeacher(project, sets, recipe.teacher.run);
  host.tell({ kind: 'awaits', awaited: 'devices' });
  const [device, ...besides] = await chooseDevices(labelDevices(recipe), host.signal, halfPrecision(recipe.engine));
  const [target, ...others] = [
    targetOn(device, recipe.engine),
    ...besides.map((other) => targetOn(other, recipe.engine)),
  ];
  if (recipe.label.int8 && options.goal !== 'teacher') for (const one of [device, ...besides]) requireInt8(one);
  const { undecoded } = options;
  if (undecoded) await requireLabelledFromFiles(project, first.recipe, sets);
  host.tell({ kind: 'awaits', awaited: 'decoding' });
  const collection = undecoded
    ? await undecodedCollection(request, projectSquares(project, first.recipe.imageSizePx))
    : await collectionFor(request, sets, first.recipe, options.goal);
  const { recipe: resolved, explanations } = resolveRecipe(recipe, await factsOf(project, collection, recipe));
  // Without the K line, which is stored separately.
  const aside = options.once === true ? undefined : await keepRecipe(project, kept);
  if (aside !== undefined)
    host.tell({ kind: 'noted', message: `The recipe that could not be used is kept as ${aside}.` });
  const labelTargets = [target, ...others];
  const forExperiment = options.once === true;
  const workspace = { project, recipe: resolved, target, labelTargets, undecoded, forExperiment, ...host };
  return { workspace, collection, explanations };
}

/** Throws `NotReadyToShare`. */
async function requireLabelledFromFiles(project: Project, recipe: ResolvedRecipe, sets: CollectionSets): Promise<void> {
  if (recipe.label.int8) {
    throw new NotReadyToShare(
      'int8 is calibrated on decoded pixels: leave out --workers-decode, or --int8 (label.int8=false).',
    );
  }
  await plannedLabelling(project, recipe, sets);
}

/**
 * The collection, decoded as far as the goal requires. A ranking by a brought extractor needs pixels of its own input
 * size, or none if it has processed every image already.
 */
async function collectionFor(
  request: CollectionRequest,
  sets: CollectionSets,
  recipe: ResolvedRecipe,
  goal: Goal | undefined,
): Promise<Collection> {
  const { project } = request;
  const looking = goal && looksWith(recipe, goal);
  if (looking === undefined) return await decodeCollection(request, recipe.imageSizePx);
  const eyes = await requireExtractor(project, looking);
  const squares = squaresLookedAt(eyes.extractor);
  if ((await notLookedAt(project, eyes, sets)) > 0) return await decodeCollectionTo(request, squares);
  return await undecodedCollection(request, squares);
}

/** The base recipe and the additional settings. Throws `RecipeInvalid` or `RecipeUnreadable`. */
export async function recipeAsked(project: Project, { recipe, made, ...options }: WorkspaceOptions) {
  const settings = settingsAsked(options);
  if (made) return { base: made, settings };
  const base =
    recipe === undefined ? await lastRecipe(project) : await withBrought(project, recipe, await loadRecipe(recipe));
  return { base, settings };
}

/** The settings equivalent to a device (or several, separated by commas) and `key=value` lines. */
export function settingsAsked({ set = [], device, int8 }: Pick<WorkspaceOptions, 'set' | 'device' | 'int8'>): string[] {
  const asked = [...set, ...(int8 === undefined ? [] : [`label.int8=${int8}`])];
  if (!device) return asked;
  const [first, ...others] = device.split(',');
  const devices = others.length === 0 ? 'null' : JSON.stringify(device.split(','));
  return [...asked, `engine.device=${first}`, `label.devices=${devices}`];
}

/** The devices that label side by side, the recipe's own first; separated by commas. */
export function labelDevices({ engine, label }: Pick<Recipe, 'engine' | 'label'>): string {
  const { devices } = label;
  // Otherwise another device was chosen since.
  return devices !== null && devices[0] === engine.device ? devices.join(',') : engine.device;
}

/** Throws what `findWeights` throws for the weights that the recipe starts from. */
export async function factsOf(project: Project, sets: CollectionSets, recipe: Recipe): Promise<CollectionFacts> {
  const { catalogue } = project;
  return {
    starts: await startsOf(project, recipe, sets.classNames),
    ...(recipe.teacher.tags ? { tagged: await countTagged(project.database) } : {}),
    labelled: sets.labelled.imageIds.length,
    unlabelled: sets.unlabelled.length,
    classes: sets.classNames.length,
    ...(sets.several && { several: sets.several }),
    ...(project.clipFrames !== undefined && { clipFrames: project.clipFrames }),
    medianImageSizePx: await catalogue.medianImageSizePx(),
  };
}

/** Copies files that the recipe starts from into the project, and refers to them by their names there from then on. */
async function withKeptWeights(project: Project, recipe: Recipe): Promise<Recipe> {
  const { teacher, student } = recipe;
  const kept = async (startFrom: string | null) => (startFrom === null ? null : await keptWeights(project, startFrom));
  return {
    ...recipe,
    teacher: { ...teacher, startFrom: await kept(teacher.startFrom) },
    student: { ...student, startFrom: await kept(student.startFrom) },
  };
}
