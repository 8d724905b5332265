/** The last line of `run --json` and `demo --json`. */
import type { MethodRuns } from '../pipeline/method.ts';
import { modelNames } from '../pipeline/stages.ts';

export function summaryEvent({ evaluate }: MethodRuns, seconds: number, report: string) {
  const top1 = Object.fromEntries(modelNames.map((name) => [name, evaluate?.metrics[`${name}Top1`] ?? null]));
  return { event: 'summary', top1, seconds: Math.round(seconds * 10) / 10, report } as const;
}
