/** Learning-rate schedules, as functions of the step. Rates are per batch: nothing here scales with the batch size. */
export type Schedule =
  /**
   * Rises in equal steps from `startRate` to `peakRate` during the warm-up, then is halved `halvings` times at equal
   * intervals (the paper's).
   */
  | {
      readonly kind: 'warmupHalving';
      readonly startRate: number;
      readonly peakRate: number;
      readonly warmupShare: number;
      readonly halvings: number;
    }
  /** Divided by `factor` at the end of each of `phases` equal parts except the last. */
  | { readonly kind: 'step'; readonly peakRate: number; readonly factor: number; readonly phases: number }
  /** Half a cosine from `peakRate` to 0, after a linear warm-up. */
  | { readonly kind: 'cosine'; readonly peakRate: number; readonly warmupShare: number }
  /**
   * Rises linearly from peak/25 during the warm-up, then falls linearly to peak/250,000 (Smith, 2018, as in PyTorch).
   */
  | { readonly kind: 'oneCycle'; readonly peakRate: number; readonly warmupShare: number }
  | { readonly kind: 'constant'; readonly peakRate: number };

const ONE_CYCLE_START_DIVISOR = 25;
const ONE_CYCLE_END_DIVISOR = 1e4;

/** The rate of step `step` (from 0) of `totalSteps`. */
export function learningRateAt(schedule: Schedule, step: number, totalSteps: number): number {
  switch (schedule.kind) {
    case 'constant':
      return schedule.peakRate;
    case 'step':
      return schedule.peakRate / schedule.factor ** Math.floor((step * schedule.phases) / totalSteps);
    case 'cosine':
      return cosine(schedule, step, totalSteps);
    case 'oneCycle':
      return oneCycle(schedule, step, totalSteps);
    case 'warmupHalving':
      return warmupHalving(schedule, step, totalSteps);
    default:
      return schedule satisfies never;
  }
}

type Of<Kind extends Schedule['kind']> = Extract<Schedule, { kind: Kind }>;

function cosine({ peakRate, warmupShare }: Of<'cosine'>, step: number, totalSteps: number): number {
  const warmup = Math.floor(warmupShare * totalSteps);
  if (step < warmup) return (peakRate * (step + 1)) / warmup;
  return (peakRate * (1 + Math.cos((Math.PI * (step - warmup)) / (totalSteps - warmup)))) / 2;
}

function oneCycle({ peakRate, warmupShare }: Of<'oneCycle'>, step: number, totalSteps: number): number {
  const start = peakRate / ONE_CYCLE_START_DIVISOR;
  const end = start / ONE_CYCLE_END_DIVISOR;
  const turn = warmupShare * totalSteps - 1;
  if (step <= turn) return start + (peakRate - start) * (turn > 0 ? step / turn : 1);
  return peakRate + (end - peakRate) * Math.min(1, (step - turn) / Math.max(1, totalSteps - 1 - turn));
}

function warmupHalving(schedule: Of<'warmupHalving'>, step: number, totalSteps: number): number {
  const { startRate, peakRate, warmupShare, halvings } = schedule;
  const warmup = warmupShare * totalSteps;
  if (step < warmup) return startRate + ((peakRate - startRate) * step) / warmup;
  const halved = Math.floor(((step - warmup) * (halvings + 1)) / (totalSteps - warmup));
  return peakRate / 2 ** Math.min(halvings, halved);
}
