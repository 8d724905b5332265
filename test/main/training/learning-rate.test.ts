import { describe, expect, it } from 'vitest';
import { learningRateAt } from '../../../main/training/learning-rate.ts';

const rates = (schedule: Parameters<typeof learningRateAt>[0], steps: number) =>
  Array.from({ length: steps }, (_, step) => learningRateAt(schedule, step, steps));

function expectClose(found: readonly number[], wanted: readonly number[]): void {
  for (const [step, rate] of wanted.entries()) expect(found[step]).toBeCloseTo(rate, 10);
}

describe('learning rates', () => {
  it('of one cycle are those of PyTorch’s OneCycleLR with linear annealing', () => {
    // torch.optim.lr_scheduler.OneCycleLR(max_lr=0.2, total_steps=20, pct_start=0.15, anneal_strategy='linear')
    const wanted = [
      0.008, 0.104, 0.2, 0.188235341176, 0.176470682352, 0.164706023529, 0.152941364705, 0.141176705882, 0.129412047058,
      0.117647388235, 0.105882729411, 0.094118070588, 0.082353411764, 0.070588752941, 0.058824094117, 0.047059435294,
      0.03529477647, 0.023530117647, 0.011765458823, 8e-7,
    ];
    expectClose(rates({ kind: 'oneCycle', peakRate: 0.2, warmupShare: 0.15 }, 20), wanted);
  });

  it('in steps are divided at the end of each phase', () => {
    const found = rates({ kind: 'step', peakRate: 1, factor: 10, phases: 3 }, 6);
    expectClose(found, [1, 1, 0.1, 0.1, 0.01, 0.01]);
  });

  it('of the paper warm up and are then halved in equal steps', () => {
    const schedule = { kind: 'warmupHalving', startRate: 0.1, peakRate: 0.6, warmupShare: 0.2, halvings: 3 } as const;
    const found = rates(schedule, 10);
    expectClose(found, [0.1, 0.35, 0.6, 0.6, 0.3, 0.3, 0.15, 0.15, 0.075, 0.075]);
  });

  it('along a cosine begin at the peak and end near nothing', () => {
    const found = rates({ kind: 'cosine', peakRate: 1, warmupShare: 0 }, 100);
    expect(found[0]).toBe(1);
    expect(found[50]).toBeCloseTo(0.5, 10);
    expect(found[99]).toBeLessThan(0.001);
  });

  it('are never negative and never above the peak', () => {
    for (const kind of ['oneCycle', 'cosine'] as const) {
      for (const steps of [1, 2, 3, 7, 1000]) {
        for (const rate of rates({ kind, peakRate: 0.5, warmupShare: 0.15 }, steps)) {
          expect(rate).toBeGreaterThanOrEqual(0);
          expect(rate).toBeLessThanOrEqual(0.5);
        }
      }
    }
  });
});
