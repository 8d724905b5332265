import { describe, expect, it } from 'vitest';
import { learningRateAt, type Schedule } from '../../../main/training/learning-rate.ts';

const rates = (schedule: Schedule, steps: number) =>
  Array.from({ length: steps }, (_, step) => learningRateAt(schedule, step, steps));

const expectRates = (actual: readonly number[], expected: readonly number[]) => {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((rate, step) => {
    expect(rate / (expected[step] ?? Number.NaN), `step ${step}`).toBeCloseTo(1, 9);
  });
};

describe('one cycle', () => {
  const oneCycle = (peakRate: number) => ({ kind: 'oneCycle', peakRate, warmupShare: 0.15 }) as const;

  // torch.optim.lr_scheduler.OneCycleLR(peak, total_steps, pct_start=0.15, anneal_strategy='linear'), PyTorch 2.14.
  it("gives PyTorch's rates over 20 steps", () => {
    expectRates(
      rates(oneCycle(0.2), 20),
      [
        0.008, 0.104, 0.2, 0.1882353411764706, 0.1764706823529412, 0.16470602352941177, 0.15294136470588238,
        0.14117670588235295, 0.12941204705882353, 0.11764738823529412, 0.10588272941176471, 0.09411807058823529,
        0.08235341176470588, 0.07058875294117647, 0.05882409411764705, 0.04705943529411766, 0.035294776470588235,
        0.023530117647058812, 0.011765458823529418, 8e-7,
      ],
    );
  });

  it("gives PyTorch's rates when the warm-up ends between two steps", () => {
    expectRates(
      rates(oneCycle(0.1), 7),
      [
        0.004, 0.08403367731092437, 0.0672270218487395, 0.05042036638655462, 0.03361371092436975, 0.016807055462184875,
        4e-7,
      ],
    );
    const long = rates(oneCycle(0.2), 937);
    expectRates(
      [0, 1, 100, 139, 140, 500, 935, 936].map((step) => long[step] ?? Number.NaN),
      [
        0.008, 0.009375850949480473, 0.1455850949480473, 0.19924328197778576, 0.19988699900809845, 0.10948620548684788,
        0.0002519133153368047, 8e-7,
      ],
    );
  });

  it("gives PyTorch's rates when there is no room for a warm-up", () => {
    expectRates(rates(oneCycle(0.1), 2), [0.05882369411764706, 4e-7]);
  });
});

describe("the paper's schedules", () => {
  it('warm up in a line and then halve in equal steps', () => {
    const schedule = { kind: 'warmupHalving', startRate: 0.1, peakRate: 0.6, warmupShare: 0.2, halvings: 3 } as const;
    expectRates(
      rates(schedule, 20),
      [
        0.1, 0.225, 0.35, 0.475, 0.6, 0.6, 0.6, 0.6, 0.3, 0.3, 0.3, 0.3, 0.15, 0.15, 0.15, 0.15, 0.075, 0.075, 0.075,
        0.075,
      ],
    );
  });

  it('end a long halving at the peak divided by 2 for each halving', () => {
    const schedule = { kind: 'warmupHalving', startRate: 0.1, peakRate: 0.6, warmupShare: 0.05, halvings: 13 } as const;
    const all = rates(schedule, 10_000);
    expect(Math.max(...all)).toBe(0.6);
    expect(all.at(-1)).toBe(0.6 / 2 ** 13);
    expect(new Set(all.slice(500)).size).toBe(14);
  });

  it('divide the fine-tuning rate by ten after each third', () => {
    const schedule = { kind: 'step', peakRate: 0.0015, factor: 10, phases: 3 } as const;
    expectRates(rates(schedule, 6), [0.0015, 0.0015, 0.00015, 0.00015, 0.000015, 0.000015]);
  });
});

describe('the other schedules', () => {
  it('follow half a cosine after the warm-up', () => {
    const schedule = { kind: 'cosine', peakRate: 1, warmupShare: 0.5 } as const;
    expectRates(rates(schedule, 8), [0.25, 0.5, 0.75, 1, 1, (1 + Math.SQRT1_2) / 2, 0.5, (1 - Math.SQRT1_2) / 2]);
  });

  it('stay where they are', () => {
    expectRates(rates({ kind: 'constant', peakRate: 0.3 }, 3), [0.3, 0.3, 0.3]);
  });

  it.each<Schedule>([
    { kind: 'warmupHalving', startRate: 0.1, peakRate: 0.6, warmupShare: 0.05, halvings: 13 },
    { kind: 'step', peakRate: 0.5, factor: 10, phases: 3 },
    { kind: 'cosine', peakRate: 0.5, warmupShare: 0 },
    { kind: 'oneCycle', peakRate: 0.5, warmupShare: 0.15 },
    { kind: 'constant', peakRate: 0.5 },
  ])('are positive and finite at every step of the shortest trainings: $kind', (schedule) => {
    for (let steps = 1; steps <= 40; steps++) {
      for (const rate of rates(schedule, steps)) {
        expect(rate).toBeGreaterThan(0);
        expect(rate).toBeLessThanOrEqual(0.6 + 1e-12);
      }
    }
  });
});
