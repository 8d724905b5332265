/**
 * Brought weights applied to one project: whether their classifier stays, for which classes, and how fast they learn.
 */
import { classNameOf } from '../catalogue/class-names.ts';
import { WrongUsage } from '../failure.ts';
import { architectureOf } from '../models/architectures.ts';
import type { ModelPreprocessing } from '../models/model-preprocessing.ts';
import { standardCropShare } from '../models/model-preprocessing.ts';
import type { NetworkConfig } from '../models/network.ts';
import type { Tuning } from '../models/tuning.ts';
import type { Recipe } from './recipe-schema.ts';
import type { StartingWeights } from './starting-weights.ts';

export interface ResolvedStart {
  readonly weights: string;
  readonly file: string;
  /** With the project's classes. */
  readonly network: NetworkConfig;
  readonly imageSizePx: number;
  readonly preprocessing: ModelPreprocessing;
  /** For each of the project's classes, the output that stands for it; null for a fresh classifier. */
  readonly headRows: readonly number[] | null;
  /** What happens to the classifier, as a sentence. */
  readonly says: string;
}

/** A fresh classifier has everything to learn, the layers below it hardly anything. */
export const FRESH_HEAD_RATE_FACTOR = 10;

export function resolvedStart(weights: StartingWeights, classNames: readonly string[]): ResolvedStart {
  const { id, file, network, imageSizePx, preprocessing, hasHead } = weights;
  const rows = hasHead && weights.classNames ? rowsOf(weights.classNames, classNames) : undefined;
  const classes = classNames.length;
  const replaced = `the classifier of ${network.classes} classes in ${file} is replaced by a fresh one of ${classes}`;
  const says = !hasHead
    ? `${file} has no classifier: it gets a fresh one of ${classes} classes`
    : !weights.classNames
      ? `${replaced}, because the file does not name them`
      : rows?.missing !== undefined
        ? `${replaced}, because it knows no class “${rows.missing}”`
        : `the classifier in ${file} is kept for the project's ${classes} classes`;
  return {
    ...{ weights: id, file, imageSizePx, preprocessing, says },
    network: { ...network, classes },
    headRows: rows?.found ?? null,
  };
}

/** The crop share stored with the weights belongs to the size stored with them. */
export function startPreprocessing({ imageSizePx, preprocessing }: ResolvedStart, sizePx: number): ModelPreprocessing {
  return sizePx === imageSizePx ? preprocessing : { ...preprocessing, cropShare: standardCropShare(sizePx) };
}

/** For each wanted class, the only output with its name, ignoring case, spaces and the encoding of accents. */
function rowsOf(outputs: readonly (readonly string[])[], wanted: readonly string[]) {
  const plain = (name: string) =>
    classNameOf(name)
      .toLowerCase()
      .replaceAll(/[\s_-]+/g, ' ')
      .trim();
  const byName = new Map<string, number[]>();
  for (const [output, names] of outputs.entries()) {
    for (const name of new Set(names.map(plain))) byName.set(name, [...(byName.get(name) ?? []), output]);
  }
  const found: number[] = [];
  for (const name of wanted) {
    const [output, ...others] = byName.get(plain(name)) ?? [];
    if (output === undefined || others.length > 0 || found.includes(output)) return { missing: name };
    found.push(output);
  }
  return { found };
}

/**
 * How much of it learns, and how fast; undefined for a network from random weights, which learns as a whole. Throws
 * `WrongUsage` for impossible settings.
 */
export function resolvedTuning(
  path: 'teacher' | 'student',
  tuning: Recipe['student']['tuning'],
  start: ResolvedStart | undefined,
): Tuning | undefined {
  const { trainedStages, headRateFactor, rateDecay, frozenStatistics } = tuning;
  if (!start) {
    if (trainedStages === 'all' && !frozenStatistics) return undefined;
    throw new WrongUsage(
      `${path}.tuning keeps parts of the network as they were brought, but no weights were brought: set ${path}.startFrom, or ${path}.tuning.trainedStages to all and ${path}.tuning.frozenStatistics to false.`,
    );
  }
  const stages = architectureOf(start.network).stages(start.network);
  if (trainedStages !== 'all' && trainedStages > stages) {
    throw new WrongUsage(
      `${path}.tuning.trainedStages is ${trainedStages}, but the network in ${start.file} has ${stages} stages: choose at most that many, or all.`,
    );
  }
  const fresh = start.headRows === null ? FRESH_HEAD_RATE_FACTOR : 1;
  return {
    ...{ trainedStages, rateDecay, frozenStatistics },
    headRateFactor: headRateFactor === 'auto' ? fresh : headRateFactor,
  };
}
