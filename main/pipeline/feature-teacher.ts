/**
 * A teacher with eyes from elsewhere: a linear classifier, trained on D within seconds, over what a brought network sees. Like
 * any teacher it labels, ranks and is compared; what it needs are the features of the images, which are computed once.
 */
import { join } from 'node:path';
import { saveImageSet } from '../catalogue/image-set.ts';
import type { Project } from '../catalogue/project.ts';
import { saveRunClasses } from '../catalogue/run-classes.ts';
import { findRunFile, recordRunFiles } from '../catalogue/run-files.ts';
import { runTask } from '../jobs/run-task.ts';
import { readHead } from '../models/feature-head.ts';
import type { Extractor } from '../models/onnx/feature-extractor.ts';
import type { StoredFeatures } from '../training/feature-classifier.ts';
import { type Collection, outputsOf } from './collection.ts';
import { decodeTo } from './decode-once.ts';
import { type BroughtExtractor, requireExtractor } from './extractors.ts';
import type { Predict } from './predictor.ts';
import type { ResolvedRecipe } from './resolve-recipe.ts';
import type { RunRecord } from './run-record.ts';
import { withMendedPixels } from './sound-pixels.ts';
import { runStage, type StageInputs, type StageWork } from './stage.ts';
import type { Workspace } from './workspace.ts';

/** Of a run's folder: what stands there instead of a network of its own. */
export const HEAD = 'head.safetensors';
const OUTPUTS = [HEAD, 'trained-on.parquet', 'classes.json'];
export const IMAGES_AT_ONCE = 32;

/** What names the teacher's run. */
export function headInputs(
  { seed, teacher }: ResolvedRecipe,
  { firstNames, digests }: Pick<Collection, 'firstNames' | 'digests'>,
  features: string,
): StageInputs {
  const { head, balanced } = teacher;
  const parameters = { features, head, balanced, images: digests.labelled, classNames: firstNames };
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
    const featuresOf = await readyToLook(workspace, extractor);
    const stored = await featuresOf(imageIds, (done, total) => {
      stage.progress(done, total, 'looking at the labelled images');
    });
    const { classNames } = collection;
    const data = { ...stored, labels: outputsOf(collection, classIds) };
    const modelPath = join(stage.directory, HEAD);
    const { head, balanced } = recipe.teacher;
    const request = { target, data, classNames, extractor: features, seed: recipe.seed, head, balanced, modelPath };
    const result = await runTask('trainHead', request, { signal });
    await recordRunFiles(stage.directory, [HEAD]);
    return { ...result };
  };
  return await runStage(workspace, headInputs(recipe, collection, features), { prepare, work, outputs: OUTPUTS });
}

/** Whether the run's model is a classifier over what eyes from elsewhere say. Throws `StoredDataDamaged`. */
export async function hasHead(project: Project, runId: string): Promise<boolean> {
  return (await findRunFile(project.path('runs', runId), HEAD)) !== undefined;
}

/** The eyes behind a run's classifier; undefined for a run whose model is a network of its own. */
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
  const featuresOf = await readyToLook(workspace, extractor);
  return async (imageIds, onScored) => {
    const source = await featuresOf(imageIds, () => {});
    await runTask('askHead', { target, modelPath, source }, { signal, onEvent: onScored });
  };
}

/** The features of images, of which those are computed that are not there yet. */
type FeaturesOf = (imageIds: Int32Array, onProgress: (done: number, total: number) => void) => Promise<StoredFeatures>;

/** The side of the squares that images are decoded to for it. */
export function sizeLookedAt({ preprocessing }: Extractor): number {
  return Math.round(preprocessing.sizePx / preprocessing.cropShare);
}

/** Decodes what is not there yet at the size that the network looks at: once, however many parts are asked for. */
async function readyToLook(workspace: Workspace, { id, path, extractor }: BroughtExtractor): Promise<FeaturesOf> {
  const { project, recipe, target, signal, tell } = workspace;
  const decode = (suspects?: ReadonlySet<string>) => decodeTo(workspace, sizeLookedAt(extractor), suspects);
  const { cache } = await decode();
  const storeDirectory = project.path('cache', `features-${id}`);
  return async (imageIds, onProgress) => {
    const sorted = imageIds.toSorted();
    const versions: string[] = [];
    for await (const { bytes, modifiedMs } of project.catalogue.eachImage({ ids: sorted })) {
      versions.push(`${bytes} ${modifiedMs}`);
    }
    const request = {
      ...{ target, networkPath: path, extractor, ...cache, imageIds: sorted, versions, storeDirectory },
      batch: IMAGES_AT_ONCE,
      keepMs: 1000 * recipe.engine.checkpointSeconds,
    };
    const { damaged } = await withMendedPixels(workspace, decode, () =>
      runTask('embed', request, { signal, onEvent: ({ done, total }) => onProgress(done, total) }),
    );
    if (damaged > 0)
      tell({
        kind: 'noted',
        message: `${damaged} of the files in ${storeDirectory} were damaged: what they held was made again.`,
      });
    return { storeDirectory, dimension: extractor.dimension, imageIds };
  };
}
