/** Describes the results of the method's rounds. */
import { MODEL } from '../catalogue/run-files.ts';
import { measureOf } from '../pipeline/measure.ts';
import type { PairedDifference } from '../pipeline/metrics.ts';
import { bestRound, pays, type Round } from '../pipeline/rounds.ts';
import { interval, percent, points, signed } from '../report/numbers.ts';

export function roundText({ round, student, gain }: Round): string {
  const over = round === 1 ? 'the labels alone' : `round ${round - 1}`;
  return `Round ${round}: ${percent(measureOf(student).value)}${gain ? `, ${gainText(gain)} over ${over}` : ''}`;
}

/** `most`: the number of rounds requested. */
export function roundsText(rounds: readonly [Round, ...Round[]], most: number): string {
  const last = rounds.at(-1) ?? rounds[0];
  const best = bestRound(rounds);
  const stopped =
    rounds.length < most ? [`Round ${last.round} is no better than the one before, so it is the last.`] : [];
  const gained = pays(last) && last.round > 1 && last.gain && last.gain.interval[0] <= 0;
  const chance = gained ? [`The gain of round ${last.round} may be due to chance.`] : [];
  const model = best.runs.finetune ? `: runs/${best.runs.finetune.id}/${MODEL}` : '';
  return [...stopped, ...chance, `The best student is from round ${best.round}${model}.`].join(' ');
}

function gainText({ difference, interval: range }: PairedDifference): string {
  return `${points(difference)} (95 % ${interval(range, signed)})`;
}
