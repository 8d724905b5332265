/** How a run's line looks in every chart: its colour means teacher or student, its dash distinguishes the runs. */
import type { RunInfo } from '../../main/api/contract.ts';
import { at } from '../../main/at.ts';
import type { Tone } from './curve-data.ts';

export interface RunLook {
  readonly tone: Tone;
  readonly dash: readonly number[];
}

/** In the order in which they are assigned. */
const DASHES: readonly (readonly number[])[] = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 5], [1, 5]];

export function looksOf(runs: readonly RunInfo[], tone: Tone): Readonly<Record<string, RunLook>> {
  return Object.fromEntries(
    runs.map(({ id }, place) => [id, { tone, dash: at(DASHES, place % DASHES.length) }] as const),
  );
}

export function DashMark({ look }: { readonly look: RunLook | undefined }) {
  return (
    <svg width="34" height="8" viewBox="0 0 34 8" aria-hidden="true">
      {look && (
        <line
          x1="0"
          y1="4"
          x2="34"
          y2="4"
          stroke={`var(--${look.tone})`}
          strokeWidth="2.5"
          strokeDasharray={look.dash.join(' ')}
        />
      )}
    </svg>
  );
}
