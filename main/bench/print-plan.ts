/**
 * What the engine for NVIDIA cards would do for a case, and the least time any card needs for it: calculated, not
 * measured.
 */
import { bytesText } from '../amounts.ts';
import { costOf, type PlanCost } from '../engines/cuda/plan-cost.ts';
import { planProgram } from '../engines/cuda/plan-program.ts';
import type { Precision } from '../engines/engine.ts';
import { textTable } from '../text-table.ts';
import { parseCase, programOf } from './measure.ts';
import { rounded } from './median.ts';

const GIGA = 1e9;
const SHOWN_KERNELS = 12;

interface PlanLine extends PlanCost {
  readonly case: string;
  readonly precision: Precision;
  readonly batch: number;
}

export function planLine(name: string, precision: Precision): PlanLine {
  const wanted = parseCase(name);
  return {
    case: name,
    precision,
    batch: wanted.batch,
    ...costOf(planProgram(programOf(wanted, { asPixels: true }), precision)),
  };
}

export function planText({ case: name, precision, batch, ...cost }: PlanLine): string {
  const head = `${name} in ${precision}: ${cost.launches} launches, ${gigas(cost.bytes)} GB moved, ${bytesText(cost.uploadedBytes)} uploaded, ${gigas(2 * cost.multiplyAdds)} GFLOP of products, ${bytesText(cost.memoryBytes)} of memory (arena ${bytesText(cost.arenaBytes)})`;
  const limits = cost.limits.map(
    ({ card, seconds }) =>
      `  no faster on an ${card} than ${rounded(seconds * 1000)} ms, ${rounded(batch / seconds)} images/s`,
  );
  const rows = cost.kernels
    .slice(0, SHOWN_KERNELS)
    .map(({ kernel, launches, bytes, multiplyAdds, limits: least }) => [
      kernel,
      String(launches),
      gigas(bytes),
      multiplyAdds === 0 ? '' : gigas(2 * multiplyAdds),
      ...least.map(({ seconds }) => rounded(seconds * 1000).toLocaleString('en')),
    ]);
  const cards = cost.limits.map(({ card }) => `${card}, ms`);
  const table = textTable([['kernel', 'launches', 'GB', 'GFLOP', ...cards], ...rows], { columns: 100, gap: 2 });
  return [head, ...limits, table].join('\n');
}

function gigas(amount: number): string {
  return rounded(amount / GIGA).toLocaleString('en');
}
