/**
 * Results of a GPU check as a table: each case in each precision, PyTorch's figure beside it, and the theoretical
 * minimum time.
 */
import { z } from 'zod';
import { textTable } from '../text-table.ts';
import { rounded } from './median.ts';

export interface Outcome {
  readonly ok: boolean;
  readonly seconds: number;
  /** The objects that the step wrote, one per line. */
  readonly lines: readonly unknown[];
  /** Why there is no result, in words. */
  readonly reason?: string;
}

const measured = z.object({ images_per_s: z.number() });
const planned = z.object({
  case: z.string(),
  batch: z.number(),
  launches: z.number(),
  limits: z.array(z.object({ card: z.string(), seconds: z.number() })),
});
const OURS = /^(bf16|fp32):(.+)$/;

/** Undefined if no card was measured in this way. */
export function cardTable(steps: Readonly<Record<string, Outcome>>): string | undefined {
  const plans = (steps.plan?.lines ?? []).flatMap((line) => planned.safeParse(line).data ?? []);
  const rows = Object.entries(steps).flatMap(([name, outcome]) => {
    const [, precision = '', wanted = ''] = OURS.exec(name) ?? [];
    if (wanted === '') return [];
    const [ours, theirs] = [rateOf(outcome), rateOf(steps[`pytorch-${name}`])];
    const plan = precision === 'bf16' ? plans.find((one) => one.case === wanted) : undefined;
    const limits = plan?.limits.map(({ card, seconds }) => `${card} ${rounded(plan.batch / seconds)}`) ?? [];
    return [
      [
        ...[wanted, precision, ours === undefined ? (outcome.reason ?? 'no figure') : String(rounded(ours))],
        ...[theirs === undefined ? '' : String(rounded(theirs)), ours && theirs ? String(rounded(ours / theirs)) : ''],
        ...[plan ? String(plan.launches) : '', limits.join(', ')],
      ],
    ];
  });
  if (rows.length === 0) return undefined;
  const head = ['case', 'precision', 'images/s', 'PyTorch', 'ratio', 'launches', 'no faster than, images/s'];
  return textTable([head, ...rows], { columns: 160, gap: 2 });
}

function rateOf(outcome: Outcome | undefined): number | undefined {
  return outcome?.ok ? measured.safeParse(outcome.lines.at(-1)).data?.images_per_s : undefined;
}
