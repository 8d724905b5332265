import { expect, it } from 'vitest';
import { roundsText, roundText } from '../../../main/cli/rounds-view.ts';
import { evaluationOf, type PairedDifference } from '../../../main/pipeline/metrics.ts';
import { bestRound, pays, type Round } from '../../../main/pipeline/rounds.ts';

function roundOf(round: number, right: number, gain?: PairedDifference): Round {
  const answers = Array.from({ length: 10 }, (_, image) => (image < right ? [1, 0] : [0, 1]));
  const student = evaluationOf(Float32Array.from(answers.flat()), new Int32Array(10), 2);
  // The contents of a round's runs are tested elsewhere.
  return { round, runs: {} as Round['runs'], student, gain };
}

const difference = (value: number, low: number, high: number): PairedDifference => ({
  difference: value,
  interval: [low, high],
});

it('continues while the student improves, whatever the first round gained', () => {
  expect(pays({ round: 1, gain: difference(-0.1, -0.2, 0) })).toBe(true);
  expect(pays({ round: 2, gain: difference(0.01, -0.1, 0.1) })).toBe(true);
  expect(pays({ round: 2, gain: difference(0, -0.1, 0.1) })).toBe(false);
  expect(pays({ round: 3, gain: undefined })).toBe(false);
});

it('says each round, why it ended, and which student is best', () => {
  const rounds = [
    roundOf(1, 6, difference(0.2, 0.05, 0.3)),
    roundOf(2, 8, difference(0.2, -0.05, 0.4)),
    roundOf(3, 7, difference(-0.1, -0.3, 0.1)),
  ] as const;
  expect(roundText(rounds[0])).toBe('Round 1: 60.0 %, +20.0 points (95 % +5.0 to +30.0) over the labels alone');
  expect(roundText(rounds[1])).toBe('Round 2: 80.0 %, +20.0 points (95 % −5.0 to +40.0) over round 1');
  expect(bestRound([...rounds]).round).toBe(2);
  expect(roundsText([...rounds], 5)).toBe(
    'Round 3 is no better than the one before, so it is the last. The best student is from round 2.',
  );
  expect(roundsText([rounds[0], rounds[1]], 2)).toBe(
    'The gain of round 2 may be due to chance. The best student is from round 2.',
  );
});
