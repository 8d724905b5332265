/**
 * Results of a GPU check: for each case in each precision our rate, PyTorch's, the goal for their ratio, and the
 * theoretical minimum time; as objects for the record and as a table.
 */
import { z } from 'zod';
import type { KernelTime } from '../engines/cuda/profile.ts';
import { textTable } from '../text-table.ts';
import { kernelTable } from './kernel-table.ts';
import { rounded } from './median.ts';

export interface Outcome {
  readonly ok: boolean;
  readonly seconds: number;
  /** The objects that the step wrote, one per line. */
  readonly lines: readonly unknown[];
  /** Why there is no result, in words. */
  readonly reason?: string;
  /** It was not started. */
  readonly skipped?: true;
}

export interface Result {
  readonly case: string;
  readonly precision: string;
  readonly images_per_s: number | null;
  /** Why there is no figure. */
  readonly reason?: string;
  readonly pytorch_images_per_s: number | null;
  readonly ratio: number | null;
  /** The ratio to PyTorch that is aimed for. */
  readonly goal?: number;
  /** Kernels launched in one run or step. */
  readonly launches?: number;
  /** The time of each kernel, the slowest first. */
  readonly kernels?: readonly KernelTime[];
  /** The most images a second that the memory and the tensor cores of a card allow, by its name. */
  readonly limits?: Readonly<Record<string, number>>;
}

/** Ratios to PyTorch in bf16, eager, that the engine for NVIDIA cards aims for on an H100. */
const GOALS: ReadonlyMap<string, number> = new Map([
  ['bf16:train:resnet50:224:128', 0.6],
  ['bf16:infer:resnet50:224:128', 0.5],
  ['bf16:train:small-basic:32:512', 1],
]);

const limits = z.array(z.object({ card: z.string(), seconds: z.number() }));
const kernelTime = z.object({
  ...{
    kernel: z.string(),
    launches: z.number(),
    milliseconds: z.number(),
    bytes: z.number(),
    multiplyAdds: z.number(),
  },
  limits,
}) satisfies z.ZodType<KernelTime>;
const measured = z.object({ images_per_s: z.number(), kernels: z.array(kernelTime).optional() });
const planned = z.object({
  case: z.string(),
  batch: z.number(),
  launches: z.number(),
  limits,
});
const UNMEASURED = { images_per_s: null, reason: 'not run', pytorch_images_per_s: null, ratio: null } as const;
const OURS = /^(bf16|fp32):(.+)$/;

/** Empty if no card was measured in this way. */
export function cardResults(steps: Readonly<Record<string, Outcome>>): Result[] {
  const plans = (steps.plan?.lines ?? []).flatMap((line) => planned.safeParse(line).data ?? []);
  const measuredCases = Object.entries(steps).flatMap(([name, outcome]): Result[] => {
    const [, precision = '', wanted = ''] = OURS.exec(name) ?? [];
    if (wanted === '') return [];
    const [ours, theirs] = [rateOf(outcome), rateOf(steps[`pytorch-${name}`])];
    const plan = precision === 'bf16' ? plans.find((one) => one.case === wanted) : undefined;
    const goal = GOALS.get(name);
    const kernels = measuredOf(outcome)?.kernels;
    return [
      {
        ...{ case: wanted, precision, images_per_s: ours ?? null },
        ...(ours === undefined && { reason: outcome.reason ?? 'no figure' }),
        ...{ pytorch_images_per_s: theirs ?? null, ratio: ours && theirs ? rounded(ours / theirs) : null },
        ...(goal !== undefined && { goal }),
        ...(kernels && { kernels }),
        ...(plan && planOf(plan)),
      },
    ];
  });
  const computed = plans
    .filter(({ case: name }) => !measuredCases.some((one) => one.case === name))
    .map((plan): Result => ({ case: plan.case, precision: 'bf16', ...UNMEASURED, ...planOf(plan) }));
  return [...measuredCases, ...computed];
}

export function resultsTable(results: readonly Result[]): string {
  const head = ['case', 'precision', 'images/s', 'PyTorch', 'ratio', 'goal', 'launches', 'no faster than, images/s'];
  const number = (value: number | null | undefined) => (typeof value === 'number' ? String(rounded(value)) : '');
  const rows = results.map(({ case: name, precision, images_per_s, reason, ratio, goal, launches, ...result }) => [
    ...[name, precision, images_per_s === null ? (reason ?? '') : number(images_per_s)],
    ...[number(result.pytorch_images_per_s), number(ratio), goalText(goal, ratio), number(launches)],
    Object.entries(result.limits ?? {})
      .map(([card, rate]) => `${card} ${rate}`)
      .join(', '),
  ]);
  return textTable([head, ...rows], { columns: 160, gap: 2 });
}

/** Of each case that was timed kernel by kernel: where its time goes. */
export function kernelTables(results: readonly Result[]): string[] {
  return results.flatMap(({ case: name, precision, kernels }) =>
    kernels ? [`${name} in ${precision}, kernel by kernel:\n${kernelTable(kernels)}`] : [],
  );
}

function goalText(goal: number | undefined, ratio: number | null): string {
  if (goal === undefined) return '';
  if (ratio === null) return String(goal);
  return ratio >= goal ? `${goal}, met` : `${goal}, not met`;
}

function planOf({ batch, launches, limits: least }: z.infer<typeof planned>) {
  return { launches, limits: Object.fromEntries(least.map(({ card, seconds }) => [card, rounded(batch / seconds)])) };
}

function measuredOf(outcome: Outcome | undefined): z.infer<typeof measured> | undefined {
  return outcome?.ok ? measured.safeParse(outcome.lines.at(-1)).data : undefined;
}

function rateOf(outcome: Outcome | undefined): number | undefined {
  return measuredOf(outcome)?.images_per_s;
}
