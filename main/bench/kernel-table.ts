/** The time of each kernel of a run on a card, as a table: what stands between a run and the least time for it. */
import type { KernelTime } from '../engines/cuda/profile.ts';
import { textTable } from '../text-table.ts';
import { rounded } from './median.ts';

const GIGA = 1e9;

export function kernelTable(kernels: readonly KernelTime[]): string {
  const all = kernels.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const cards = kernels[0]?.limits.map(({ card }) => `${card}, ms`) ?? [];
  const rows = kernels.map(({ kernel, launches, milliseconds, bytes, limits }) => [
    ...[kernel, String(launches), number(milliseconds), `${Math.round((100 * milliseconds) / all)} %`],
    ...[number(bytes / GIGA), ...limits.map(({ seconds }) => number(1000 * seconds))],
  ]);
  return textTable([['kernel', 'launches', 'ms', 'share', 'GB', ...cards], ...rows], { columns: 120, gap: 2 });
}

function number(value: number): string {
  return rounded(value).toLocaleString('en');
}
