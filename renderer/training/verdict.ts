/** What a comparison says, before it is put into words: the report's verdict, for the screen. */
import type { EvaluatedModel, EvaluationView } from '../../main/api/contract.ts';

export type VerdictKind = 'gain' | 'unclear' | 'loss' | 'notCompared';
type Difference = EvaluationView['differences'][number]['difference'];

export function verdictKind(difference: Difference | undefined): VerdictKind {
  if (!difference) return 'notCompared';
  const [low, high] = difference.interval;
  if (low > 0) return 'gain';
  return high < 0 ? 'loss' : 'unclear';
}

export function differenceOf(view: EvaluationView, model: EvaluatedModel): Difference | undefined {
  return view.differences.find((entry) => entry.model === model)?.difference;
}

/** Percentage points with their sign, one digit; a difference that rounds to nothing has a plus. */
export function points(difference: number): string {
  const value = (100 * Math.abs(difference)).toFixed(1);
  return `${difference < 0 && value !== '0.0' ? '−' : '+'}${value}`;
}

/** Two to six round numbers that enclose all intervals, for one common scale. */
export function shareTicks(shares: readonly number[]): number[] {
  const [low, high] = [Math.min(...shares, 1), Math.max(...shares, 0)];
  const rough = Math.max(high - low, 0.01) / 4;
  const decade = 10 ** Math.floor(Math.log10(rough));
  const step = decade * ([1, 2, 5, 10].find((factor) => factor * decade >= rough * 0.999) ?? 10);
  const [first, last] = [Math.max(0, Math.floor(low / step + 1e-9)), Math.min(1 / step, Math.ceil(high / step - 1e-9))];
  return Array.from({ length: Math.round(last - first) + 1 }, (_, place) =>
    Number(((first + place) * step).toPrecision(12)),
  );
}
