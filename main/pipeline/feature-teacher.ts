/**
 * A teacher built on an external feature extractor: a linear classifier, trained on D within seconds, over the features
 * of a brought network. It labels, ranks and is compared like any teacher; the features of the images are computed
 * once.
 */
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { at } from '../at.ts';
import { saveImageSet } from '../catalogue/image-set.ts';
import type { Project } from '../catalogue/project.ts';
import { saveRunClasses } from '../catalogue/run-classes.ts';
import { findRunFile, recordRunFiles } from '../catalogue/run-files.ts';
import { SQUARES_REVISION } from '../images/image-formats.ts';
import { runTask } from '../jobs/run-task.ts';
import { readHead } from '../models/feature-head.ts';
import type { EmbedProgress } from '../training/embed.ts';
import type { StoredFeatures } from '../training/feature-classifier.ts';
import { FeatureMemory } from '../training/feature-memory.ts';
import { FeatureStore } from '../training/feature-store.ts';
import { squaresLookedAt } from '../training/image-reader.ts';
import type { ScoredBatch } from '../training/predict-request.ts';
import type { Collection } from './collection.ts';
import { decodeTo } from './decode-once.ts';
import { type BroughtExtractor, requireExtractor } from './extractors.ts';
import { outputsOf } from './outputs-of.ts';
import type { Predict } from './predictor.ts';
import type { ResolvedRecipe } from './resolve-recipe.ts';
import type { RunRecord } from './run-record.ts';
import { withMendedPixels } from './sound-pixels.ts';
import { runStage, type StageInputs, type StageWork } from './stage.ts';
import type { Goal } from './stages.ts';
import { withMended } from './with-mended.ts';
import type { Workspace } from './workspace.ts';

/** The file in the run's folder that takes the place of a network. */
export const HEAD = 'head.safetensors';
const OUTPUTS = [HEAD, 'trained-on.parquet', 'classes.json'];
export const IMAGES_AT_ONCE = 32;

/** Incremented when the same features and labels give a different classifier than before. */
const PROGRAM = 2;

/** Room for 300,000 images of 384 numbers each; on a small machine a sixteenth of its memory. */
const memory = new FeatureMemory({ mostBytes: Math.min(2 ** 28, totalmem() / 16), keptMs: 600_000 });

/** How many file versions are held at once. */
const COUNTED_AT_ONCE = 2 ** 17;

/** The inputs that name the teacher's run. */
export function headInputs(
  { seed, teacher }: ResolvedRecipe,
  { firstNames, digests }: Pick<Collection, 'firstNames' | 'digests'>,
  features: string,
): StageInputs {
  const { head, balanced } = teacher;
  const parameters = { features, head, balanced, program: PROGRAM, images: digests.labelled, classNames: firstNames };
  return { stage: 'teacher', seed, parameters, parents: [] };
}

export async function headStage(workspace: Workspace, collection: Collection, features: string): Promise<RunRecord> {
  const { project, recipe, target, signal } = workspace;
  const extractor = await requireExtractor(project, features);
  const prepare = async ({ runId }: StageWork) => {
    await saveImageSet(project, runId, 'trained-on', collection.labelled);
    await saveRunClasses(project, runId, collection);
  };
  const work = async (stage: StageWork) => {
    const { imageIds, classIds } = collection.labelled;
    const eyes = new Eyes(workspace, extractor);
    const labels = outputsOf(collection, classIds);
    const modelPath = join(stage.directory, HEAD);
    const { head, balanced } = recipe.teacher;
    const said = {
      classNames: collection.classNames,
      extractor: features,
      seed: recipe.seed,
      head,
      balanced,
      modelPath,
    };
    stage.awaits('network');
    const result = await eyes.withFeatures(imageIds, (stored) =>
      runTask('trainHead', { target, data: { ...stored, labels }, ...said }, { signal }),
    );
    await recordRunFiles(stage.directory, [HEAD]);
    return { ...result };
  };
  return await runStage(workspace, headInputs(recipe, collection, features), { prepare, work, outputs: OUTPUTS });
}

/** Whether the run's model is a classifier over external features. Throws `StoredDataDamaged`. */
export async function hasHead(project: Project, runId: string): Promise<boolean> {
  return (await findRunFile(project.path('runs', runId), HEAD)) !== undefined;
}

/** The extractor of a run's classifier; undefined for a run whose model is a network of its own. */
export async function headExtractor(project: Project, runId: string): Promise<BroughtExtractor | undefined> {
  const modelPath = await findRunFile(project.path('runs', runId), HEAD);
  return modelPath === undefined ? undefined : await requireExtractor(project, (await readHead(modelPath)).extractor);
}

/** Undefined for a run whose model is a network of its own. */
export async function headPredictor(workspace: Workspace, run: Pick<RunRecord, 'id'>): Promise<Predict | undefined> {
  const { project, target, signal } = workspace;
  const [modelPath, extractor] = [
    await findRunFile(project.path('runs', run.id), HEAD),
    await headExtractor(project, run.id),
  ];
  if (modelPath === undefined || !extractor) return undefined;
  const eyes = new Eyes(workspace, extractor);
  const predict = async (imageIds: Int32Array, onScored: (scored: ScoredBatch) => void) => {
    // After repairing damaged features, continues with the image after the last one scored.
    let scored = 0;
    const take = (batch: ScoredBatch) => {
      onScored({ ...batch, first: scored });
      scored += batch.count;
    };
    await eyes.withFeatures(imageIds, async (source) => {
      const rest = { ...source, imageIds: source.imageIds.subarray(scored) };
      await runTask('askHead', { target, modelPath, source: rest }, { signal, onEvent: take });
    });
  };
  return Object.assign(predict, {
    takesMany: true as const,
    expect: async (imageIds: Int32Array) => await eyes.expect(imageIds),
  });
}

/** A brought network's features of a project's images, computed where missing; only that requires their pixels. */
class Eyes {
  readonly #workspace: Workspace;
  readonly #brought: BroughtExtractor;
  readonly #storeDirectory: string;
  /** How many images will be processed, as far as counted, and how many were. */
  #expected = 0;
  #looked = 0;

  constructor(workspace: Workspace, brought: BroughtExtractor) {
    this.#workspace = workspace;
    this.#brought = brought;
    this.#storeDirectory = featureFolder(workspace.project, brought.id);
  }

  /**
   * Counts the images that will be requested piece by piece, so that the total is known from the start. @param imageIds
   * sorted
   */
  async expect(imageIds: Int32Array): Promise<void> {
    this.#looked = 0;
    this.#expected = 0;
    for (let first = 0; first < imageIds.length; first += COUNTED_AT_ONCE) {
      const some = imageIds.subarray(first, first + COUNTED_AT_ONCE);
      this.#expected += await countNotLookedAt(this.#workspace.project, this.#brought, some);
    }
  }

  /** If `work` finds damaged features, computes them again and calls it again. @param imageIds sorted */
  async withFeatures<T>(imageIds: Int32Array, work: (stored: StoredFeatures) => Promise<T>): Promise<T> {
    const { dimension } = this.#brought.extractor;
    const storeDirectory = this.#storeDirectory;
    const versions = await lookedVersions(this.#workspace.project, imageIds);
    const known = await memory.shardsOf(storeDirectory, dimension, imageIds);
    const store = new FeatureStore(storeDirectory, dimension, known);
    if ((await store.missing(imageIds, versions)) > 0) await this.#look(imageIds, versions);
    const withFeatures = async () => {
      const shards = await memory.shardsOf(storeDirectory, dimension, imageIds);
      // Threads do not need the versions, which would be copied for each.
      const inMemory = shards.map(({ shard, ids, halves }) => ({ shard, ids, halves }));
      return await work({ storeDirectory, dimension, imageIds, inMemory });
    };
    return await withMended('features', () => this.#look(imageIds, versions), withFeatures);
  }

  /** Decodes missing images at the network's input size. */
  async #look(imageIds: Int32Array, versions: readonly string[]): Promise<void> {
    const { target, recipe, signal, tell } = this.#workspace;
    const { id, path, extractor } = this.#brought;
    const decode = (suspects?: ReadonlySet<string>) => decodeTo(this.#workspace, squaresLookedAt(extractor), suspects);
    const { cache } = await decode();
    const storeDirectory = this.#storeDirectory;
    const request = {
      ...{ target, networkPath: path, extractor, ...cache, imageIds, versions, storeDirectory },
      batch: IMAGES_AT_ONCE,
      keepMs: 1000 * recipe.engine.checkpointSeconds,
    };
    const before = this.#looked;
    const onEvent = ({ done, total }: EmbedProgress) => {
      this.#looked = before + done;
      tell({ kind: 'lookProgressed', eyes: id, done: this.#looked, total: Math.max(this.#expected, before + total) });
    };
    const { damaged } = await withMendedPixels(this.#workspace, decode, () =>
      runTask('embed', request, { signal, onEvent }),
    );
    if (damaged > 0)
      tell({
        kind: 'noted',
        message: `${damaged} of the files in ${storeDirectory} were damaged: their contents were computed again.`,
      });
  }
}

/** The extractor that all work up to the goal uses, if no other network is run. */
export function looksWith({ teacher }: ResolvedRecipe, goal: Goal): string | undefined {
  const isRanking = goal === 'teacher' || goal === 'label';
  return isRanking && teacher.run === null ? (teacher.features ?? undefined) : undefined;
}

/** How many images of a ranking the extractor has not processed in their present version. */
export async function notLookedAt(
  project: Project,
  eyes: Pick<BroughtExtractor, 'id' | 'extractor'>,
  { labelled, unlabelled }: Pick<Collection, 'labelled' | 'unlabelled'>,
): Promise<number> {
  let missing = 0;
  for (const imageIds of [labelled.imageIds, unlabelled]) missing += await countNotLookedAt(project, eyes, imageIds);
  return missing;
}

async function countNotLookedAt(
  project: Project,
  { id, extractor }: Pick<BroughtExtractor, 'id' | 'extractor'>,
  imageIds: Int32Array,
): Promise<number> {
  const folder = featureFolder(project, id);
  const inMemory = await memory.shardsOf(folder, extractor.dimension, imageIds, 'known');
  const store = new FeatureStore(folder, extractor.dimension, inMemory);
  return await store.missing(imageIds, await lookedVersions(project, imageIds));
}

/** Where a brought network's features are stored. */
export function featureFolder(project: Pick<Project, 'path'>, extractor: string): string {
  return project.path('cache', `features-${extractor}`);
}

/** For each of these sorted ids, the key of its file version in a feature store. */
async function lookedVersions({ catalogue }: Project, imageIds: Int32Array): Promise<string[]> {
  const { bytes, modifiedMs } = await catalogue.fileVersions(imageIds);
  return Array.from(bytes, (size, index) => `${size} ${at(modifiedMs, index)} ${SQUARES_REVISION}`);
}
