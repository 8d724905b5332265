import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { duration, percent, points, roundTicks, signed } from '../../../main/report/numbers.ts';
import { reportText } from '../../../main/report/report-text.ts';
import { gainOf, verdictOf } from '../../../main/report/verdict.ts';
import { sampleReport } from './sample-report.ts';

describe('the report for a terminal', () => {
  it('has one aligned table of the models, and ends with the answer', () => {
    const lines = reportText(sampleReport()).split('\n');
    const start = lines.findIndex((line) => line.includes('against labels only'));
    expect(lines.slice(start, start + 5)).toEqual([
      '                          top-1      95 % interval   against labels only   95 % interval',
      '  Teacher                70.0 %   68.0 % to 72.0 %           +6.0 points    +4.9 to +7.0',
      '  Student, labels only   64.0 %   61.9 % to 66.1 %',
      '  Student, pre-trained   68.0 %   65.9 % to 70.0 %           +4.0 points    +3.1 to +4.9',
      '  Student, fine-tuned    72.0 %   70.0 % to 73.9 %           +8.0 points    +6.8 to +9.2',
    ]);
    expect(lines.at(-1)).toBe(
      'It paid (+8.0 points). The fine-tuned student is right on 72.0 % of 2,000 held-out images, the same network trained on the labels alone on 64.0 %.',
    );
  });

  it('knows nothing of a class without a held-out image', () => {
    const data = sampleReport();
    const models = data.models.map((entry) => ({
      ...entry,
      evaluation: {
        ...entry.evaluation,
        classes: entry.evaluation.classes.map((one, index) => (index === 0 ? { ...one, images: 0, f1: 0 } : one)),
      },
    }));
    const lines = reportText({ ...data, models }).split('\n');
    const row = lines.find((line) => line.startsWith(`  ${data.classNames[0]} `));
    expect(row).toMatch(/( +–){4}$/);
  });

  it('lists what a table would be too wide for', () => {
    const lines = reportText(sampleReport(), 20).split('\n');
    const start = lines.indexOf('  Teacher');
    expect(lines.slice(start, start + 6)).toEqual([
      '  Teacher',
      '    top-1 70.0 %',
      '    95 % interval 68.0 % to 72.0 %',
      '    against labels only +6.0 points',
      '    95 % interval +4.9 to +7.0',
      '  Student, labels only',
    ]);
    expect(reportText(sampleReport(), 200)).toBe(reportText(sampleReport()));
  });

  it('leaves the table of the classes out when there are many, and shows top-5 where it says something', () => {
    const classNames = Array.from({ length: 40 }, (_, classId) => `class ${classId}`);
    const text = reportText(sampleReport({ classNames }));
    expect(text).not.toContain('class 7');
    expect(text).toContain('top-5');
    expect(reportText(sampleReport())).not.toContain('top-5');
  });
});

describe('the verdict', () => {
  const kind = (supervised: number, finetuned: number) =>
    verdictOf(sampleReport({ top1: { teacher: 0.7, supervised, finetuned } })).kind;

  it('is a gain or a loss only when the interval excludes none', () => {
    expect(kind(0.6, 0.65)).toBe('gain');
    expect(kind(0.65, 0.6)).toBe('loss');
    expect(kind(0.65, 0.651)).toBe('unclear');
    expect(kind(0.65, 0.65)).toBe('unclear');
    expect(verdictOf(sampleReport({ top1: { teacher: 0.7 } })).kind).toBe('notCompared');
  });

  it('has a wider interval where it is not known which images were right', () => {
    const { models } = sampleReport();
    const [paired] = models.filter(({ model }) => model === 'finetuned').map((entry) => gainOf(entry, models));
    const unknown = models.map((entry) => ({ ...entry, evaluation: { ...entry.evaluation, correct: '' } }));
    const [unpaired] = unknown.filter(({ model }) => model === 'finetuned').map((entry) => gainOf(entry, unknown));
    expect(unpaired?.difference).toBeCloseTo(paired?.difference ?? Number.NaN, 12);
    const width = (interval: readonly [number, number] | undefined) => (interval ? interval[1] - interval[0] : 0);
    expect(width(unpaired?.interval)).toBeGreaterThan(width(paired?.interval));
  });
});

describe('numbers', () => {
  it('are written in one way', () => {
    expect([percent(0.7), points(0.0434), signed(-0.0126), signed(-0.0001)]).toEqual([
      '70.0 %',
      '+4.3 points',
      '−1.3',
      '+0.0',
    ]);
    expect([duration(61.54), duration(512), duration(7500)]).toEqual(['61.5 s', '9 min', '2 h 5 min']);
  });

  it('have a few round ticks around them', () => {
    expect(roundTicks(0, 4000, 4)).toEqual([0, 1000, 2000, 3000, 4000]);
    expect(roundTicks(0.2163, 0.277, 4)).toEqual([0.2, 0.22, 0.24, 0.26, 0.28]);
    const ends = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 1e-4, max: 1e6, noNaN: true }));
    fc.assert(
      fc.property(ends, ([low, span]) => {
        const ticks = roundTicks(low, low + span, 4);
        expect(ticks.length).toBeGreaterThanOrEqual(2);
        expect(ticks.length).toBeLessThanOrEqual(7);
        expect(ticks[0]).toBeLessThanOrEqual(low + span * 1e-6);
        expect(ticks.at(-1)).toBeGreaterThanOrEqual((low + span) * (1 - 1e-6));
      }),
    );
  });
});
