import fc from 'fast-check';
import { expect, it } from 'vitest';
import { expectedPhases, MethodProgress } from '../../../main/pipeline/method-progress.ts';
import type { ResolvedRecipe } from '../../../main/pipeline/resolve-recipe.ts';
import { type StageName, stageNames } from '../../../main/pipeline/stages.ts';
import type { PipelineEvent } from '../../../main/pipeline/workspace.ts';

const choice = { model: 'small-basic', width: 16, run: null, features: null };
const recipe = { teacher: { ...choice, width: 48 }, student: choice } as unknown as ResolvedRecipe;
const decoding = { images: 100, seconds: 10, diskBytes: 0 };

function stage(name: StageName, seconds: number | null, images = 1000, done = false) {
  return { stage: name, runId: name, images, seconds, memoryBytes: 0, diskBytes: 0, done };
}

function progress(stages: readonly ReturnType<typeof stage>[], from = 0) {
  const clock = { ms: 0 };
  const steps = new MethodProgress({ recipe, phases: expectedPhases({ decoding, stages }) }, from, () => clock.ms);
  const advance = (name: StageName, done: number, total: number) =>
    steps.step({ kind: 'stageProgressed', stage: name, done, total, detail: '' });
  const finish = (name: StageName) =>
    steps.step({ kind: 'stageFinished', stage: name, runId: name, reused: false, seconds: 1, metrics: {} });
  return { clock, steps, advance, finish };
}

it('weighs phases by what they take: decoding to the last image is a tenth of ten times as long', () => {
  const { steps, advance } = progress([stage('teacher', 90)]);
  expect(steps.step({ kind: 'decodeProgressed', done: 100, total: 100 })).toMatchObject({
    ...{ label: 'Decoding', model: null, done: 100, total: 100 },
    whole: { share: expect.closeTo(0.1), secondsLeft: 90 },
  });
  expect(advance('teacher', 50, 100)).toMatchObject({
    ...{ label: 'Teacher: training', model: 'small-basic, 48 wide' },
    whole: { share: expect.closeTo(0.55), secondsLeft: 45 },
  });
  // The last image is not the end: the model still has to be written.
  expect(advance('teacher', 100, 100)?.whole.share).toBe(0.99);
});

it('says how far a network from elsewhere has looked, as the part of its stage that it is, with rate and time left', () => {
  const { clock, steps, advance, finish } = progress([stage('teacher', 10), stage('label', 80)]);
  steps.step({ kind: 'decodeProgressed', done: 100, total: 100 });
  finish('teacher');
  steps.step({ kind: 'stageStarted', stage: 'label', runId: 'label', resumed: false });
  const look = (done: number) => {
    clock.ms += 2000;
    return steps.step({ kind: 'lookProgressed', eyes: 'eyes-1', done, total: 1000 });
  };
  look(0);
  expect(look(500)).toMatchObject({
    ...{ label: 'Looking at images', model: 'eyes-1', done: 500, total: 1000, perSecond: 250, secondsLeft: 2 },
    whole: { share: expect.closeTo(0.6), secondsLeft: expect.closeTo(2) },
  });
  // Predicting from features takes no time, and the bar does not go back for it.
  const looked = look(1000)?.whole.share ?? 0;
  expect(advance('label', 1, 1000)?.whole.share).toBeGreaterThanOrEqual(looked);
});

it('takes what is measured over what was expected: the time left follows, the bar does not go back', () => {
  const { clock, steps, advance } = progress([stage('teacher', 90), stage('pretrain', 100)]);
  steps.step({ kind: 'decodeProgressed', done: 100, total: 100 });
  const shares = [0, 10, 20, 30].map((done) => {
    clock.ms = 10_000 * done;
    return advance('teacher', done, 100)?.whole;
  });
  // Ten seconds per image instead of less than one.
  expect(shares.at(-1)?.secondsLeft).toBeCloseTo(70 * 10 + 100);
  const growing = shares.map((whole) => whole?.share ?? 0);
  expect(growing).toEqual(growing.toSorted((a, b) => a - b));
  expect(growing.at(-1)).toBeLessThan(0.5);
});

it('goes on where it was stopped, with what is left as all that is left', () => {
  const { advance } = progress([stage('teacher', 50, 1000, true), stage('pretrain', 90)], 0.6);
  expect(advance('pretrain', 0, 100)?.whole.share).toBe(0.6);
  // Decoding is the other tenth.
  expect(advance('pretrain', 50, 100)?.whole.share).toBeCloseTo(0.6 + 0.4 * 0.45);
});

it('reckons what was never measured from the images, and says no time that it does not know', () => {
  const { advance, finish } = progress([stage('teacher', null, 100), stage('label', null, 900)]);
  const early = advance('teacher', 50, 100)?.whole;
  expect(early?.secondsLeft).toBeNull();
  // Training costs three times as much per image as predicting.
  finish('teacher');
  const share = advance('label', 0, 900)?.whole.share ?? 0;
  expect(share).toBeGreaterThan(0.2);
  expect(share).toBeLessThan(0.4);
});

it('never goes back and is never full before the end, whatever happens', () => {
  const event = fc.record({
    stage: fc.constantFrom(...stageNames),
    done: fc.nat(100),
    total: fc.nat(100),
    seconds: fc.double({ min: 0, max: 1000, noNaN: true }),
    kind: fc.constantFrom('stageStarted', 'stageProgressed', 'stageFinished', 'decodeProgressed', 'lookProgressed'),
  });
  const times = fc.option(fc.double({ min: 0, max: 1e6, noNaN: true }), { nil: null });
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(...stageNames), times)), fc.array(event), (stages, events) => {
      const { clock, steps } = progress(stages.map(([name, seconds]) => stage(name, seconds)));
      let last = 0;
      for (const { seconds, ...rest } of events) {
        clock.ms += 1000 * seconds;
        const whole = steps.step({
          ...rest,
          detail: '',
          runId: '',
          reused: false,
          seconds,
          metrics: {},
        } as PipelineEvent)?.whole;
        if (!whole) continue;
        expect(whole.share).toBeGreaterThanOrEqual(last);
        expect(whole.share).toBeLessThan(1);
        expect(whole.secondsLeft === null || whole.secondsLeft >= 0).toBe(true);
        last = whole.share;
      }
    }),
  );
});
