/** Anything that classifies pictures: a trained network, or an external feature extractor with a classifier on top. */
import { basename, dirname, extname, join } from 'node:path';
import type { Project } from '../catalogue/project.ts';
import { ProjectNotes } from '../catalogue/project-notes.ts';
import { findRunFile, MODEL, openIfRunFile } from '../catalogue/run-files.ts';
import { describeModel } from '../models/checkpoint.ts';
import { readHead } from '../models/feature-head.ts';
import type { Extractor } from '../models/onnx/feature-extractor.ts';
import { USUAL_THRESHOLD } from './average-precision.ts';
import type { FilesOwner } from './brought-files.ts';
import { temperatureMetric } from './calibration.ts';
import { thresholdsOf } from './class-thresholds.ts';
import { ExportRefused } from './export-refused.ts';
import { requireExtractor } from './extractors.ts';
import { HEAD } from './feature-teacher.ts';
import { type Compared, comparedMetric, newestComparison } from './newest-comparison.ts';
import { type FamiliarPictures, familiarPictures, leastEnergyMetric } from './recognised.ts';
import type { RunRecord } from './run-record.ts';
import { isRunFolder } from './runs.ts';
import { SCORES } from './score-teacher.ts';

export type Classifier = {
  readonly modelPath: string;
  readonly classNames: readonly string[];
  /** The divisor of its logits for display; undefined if it was in no comparison. */
  readonly temperature: number | undefined;
  /** For a model that assigns several classes to an image: the probability from which on it assigns each. */
  readonly thresholds?: readonly number[] | undefined;
} & (
  | {
      readonly kind: 'network';
      /**
       * A picture with a lower energy is unlike what the model has learnt from; undefined if it was in no comparison.
       */
      readonly leastEnergy: number | undefined;
      /** Tells it better, if the comparison measured distances. */
      readonly familiar?: FamiliarPictures | undefined;
    }
  | { readonly kind: 'eyes'; readonly networkPath: string; readonly extractor: Extractor }
);

/** The classifier of a finished run. Throws `ExportRefused` if it has none, `StoredDataDamaged` if it is damaged. */
export async function classifierOfRun(project: Project, run: RunRecord): Promise<Classifier> {
  const find = async (name: string) =>
    run.state === 'succeeded' ? await findRunFile(project.path('runs', run.id), name) : undefined;
  const compared = await newestComparison(project, run.id);
  const head = await find(HEAD);
  if (head !== undefined) return await withEyes(head, project, compared);
  const model = await find(MODEL);
  if (model !== undefined) return await ownNetwork(model, project, compared);
  if ((await find(SCORES)) !== undefined) {
    throw new ExportRefused(
      `The teacher ${run.id} is a table of scores, which says nothing about other images: use the student that learnt from it.`,
    );
  }
  throw new ExportRefused(`The run ${run.id} has no finished model: choose a teacher or a student that is trained.`);
}

/** Loads a model file, also one in a run's folder of a project that is not open. Throws what reading it throws. */
export async function classifierAt(path: string): Promise<Classifier> {
  if (extname(path).toLowerCase() === '.onnx') {
    throw new ExportRefused(
      `${path} is an ONNX network: classify with the model.safetensors that it was exported from, or bring it into a project (understudy bring) and classify with the head.safetensors of the teacher that it becomes.`,
    );
  }
  const modelPath = await openIfRunFile(path);
  const folder = join(dirname(modelPath), '..', '..');
  const project = { path: (...parts: string[]) => join(folder, ...parts), notes: new ProjectNotes() };
  // A file outside a run's folder belongs to no comparison.
  const directory = dirname(modelPath);
  const compared = isRunFolder(directory) ? await newestComparison(project, basename(directory)) : undefined;
  return await (basename(modelPath) === HEAD ? withEyes : ownNetwork)(modelPath, project, compared);
}

async function ownNetwork(modelPath: string, project: FilesOwner, compared: Compared | undefined): Promise<Classifier> {
  const { classNames, network } = await describeModel(modelPath);
  if (network.outputs !== 'sigmoid') {
    const [temperature, leastEnergy] = [temperatureMetric, leastEnergyMetric].map((name) =>
      comparedMetric(compared, name),
    );
    const familiar = await familiarPictures(project, compared);
    return { kind: 'network', modelPath, classNames, temperature, leastEnergy, familiar };
  }
  const thresholds = (await thresholdsOf(project, compared)) ?? classNames.map(() => USUAL_THRESHOLD);
  return { kind: 'network', modelPath, classNames, temperature: undefined, leastEnergy: undefined, thresholds };
}

async function withEyes(modelPath: string, project: FilesOwner, compared: Compared | undefined): Promise<Classifier> {
  const { extractor: id, classNames } = await readHead(modelPath);
  const { path, extractor } = await requireExtractor(project, id);
  const temperature = comparedMetric(compared, temperatureMetric);
  return { kind: 'eyes', modelPath, classNames, networkPath: path, extractor, temperature };
}
