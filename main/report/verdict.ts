/**
 * Whether the method paid off: the fine-tuned student against the same network trained on the labels alone, and how
 * certain that is.
 */

import { measureOf, pairedGain } from '../pipeline/measure.ts';
import type { Evaluation, PairedDifference } from '../pipeline/metrics.ts';
import { modelAs } from '../pipeline/stages.ts';
import { percent, thousands } from './numbers.ts';
import type { ReportData, ReportedModel } from './report-data.ts';

export interface Verdict {
  readonly kind: 'gain' | 'unclear' | 'loss' | 'notCompared';
  readonly gain: PairedDifference | undefined;
  /** Two or three words. */
  readonly headline: string;
  /** What was measured, and what to do if it did not pay off. */
  readonly sentence: string;
}

const HEADLINES = {
  gain: 'It paid',
  unclear: 'Too close to call',
  loss: 'It did not pay here',
  notCompared: 'Nothing to compare with',
} as const;

/** A model's gain over the student trained on the labels alone; undefined for that one itself, and if there is none. */
export function gainOf(
  { model, evaluation }: ReportedModel,
  models: readonly ReportedModel[],
): PairedDifference | undefined {
  const baseline = models.find((other) => other.model === modelAs('baseline'))?.evaluation;
  if (!baseline || model === modelAs('baseline')) return undefined;
  return pairedGain(evaluation, baseline) ?? unpaired(evaluation, baseline);
}

export function verdictOf({ models }: ReportData): Verdict {
  const finetuned = models.find(({ model }) => model === modelAs('result'));
  const supervised = models.find(({ model }) => model === modelAs('baseline'));
  const gain = finetuned && gainOf(finetuned, models);
  const kind = kindOf(gain);
  const [alone, compared] = finetuned ? measured(finetuned.evaluation, supervised?.evaluation) : ['', ''];
  const sentences = {
    gain: compared,
    unclear: `${compared} A difference this small may be chance: hold out more images, or repeat with other seeds.`,
    loss: `${compared} See how right the selection is, and try another K, a longer pre-training or a stronger teacher.`,
    notCompared: finetuned
      ? `${alone} To see what the unlabelled images added, run with supervised.enabled=true.`
      : 'There is no fine-tuned student yet.',
  };
  return { kind, gain, headline: HEADLINES[kind], sentence: sentences[kind] };
}

/** In a sentence, on its own and compared with the student trained on labels alone. */
function measured(model: Evaluation, baseline: Evaluation | undefined): readonly [string, string] {
  const images = `${thousands(model.images)} held-out images`;
  const other = percent(baseline ? measureOf(baseline).value : 0);
  const own = percent(measureOf(model).value);
  if (model.several) {
    const said = `The fine-tuned student has a mean average precision of ${own} on ${images}`;
    return [`${said}.`, `${said}, the same network trained on the labels alone ${other}.`];
  }
  const said = `The fine-tuned student is right on ${own} of ${images}`;
  return [`${said}.`, `${said}, the same network trained on the labels alone on ${other}.`];
}

function kindOf(gain: PairedDifference | undefined): Verdict['kind'] {
  if (!gain) return 'notCompared';
  const [low, high] = gain.interval;
  if (low > 0) return 'gain';
  return high < 0 ? 'loss' : 'unclear';
}

/**
 * Newcombe's interval (1998, method 10) for proportions of different images: wider, because which model was right on
 * which image is unknown.
 */
function unpaired(model: Evaluation, baseline: Evaluation): PairedDifference {
  const [ours, theirs] = [measureOf(model), measureOf(baseline)];
  const difference = ours.value - theirs.value;
  const [[lowModel, highModel], [lowBaseline, highBaseline]] = [ours.interval, theirs.interval];
  const below = Math.hypot(ours.value - lowModel, highBaseline - theirs.value);
  const above = Math.hypot(highModel - ours.value, theirs.value - lowBaseline);
  return { difference, interval: [difference - below, difference + above] };
}
