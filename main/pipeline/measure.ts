/** The measure for comparing models: top-1, or mean average precision if images may have several classes. */
import { type Evaluation, type PairedDifference, pairedDifference } from './metrics.ts';
import { averagePrecisionDifference } from './several-metrics.ts';

export interface Measure {
  readonly value: number;
  /** 95 %. */
  readonly interval: readonly [number, number];
}

export function measureOf({ top1, top1Interval, several }: Evaluation): Measure {
  return several
    ? { value: several.meanAveragePrecision, interval: several.interval }
    : { value: top1, interval: top1Interval };
}

export function hasSeveralLabels(models: readonly { readonly evaluation: Evaluation }[]): boolean {
  return models.some(({ evaluation }) => evaluation.several !== undefined);
}

/**
 * Based on the images on which the two differ, or on the bootstrap draws they share; undefined if they cannot be
 * paired.
 */
export function pairedGain(model: Evaluation, baseline: Evaluation): PairedDifference | undefined {
  return model.several ? averagePrecisionDifference(model, baseline) : pairedDifference(model, baseline);
}
