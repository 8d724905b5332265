/** Did it pay? The fine-tuned student against the same network trained on the labels alone, and how sure that is. */
import { type Evaluation, type PairedDifference, pairedDifference } from '../pipeline/metrics.ts';
import { modelAs } from '../pipeline/stages.ts';
import { percent, thousands } from './numbers.ts';
import type { ReportData, ReportedModel } from './report-data.ts';

export interface Verdict {
  readonly kind: 'gain' | 'unclear' | 'loss' | 'notCompared';
  readonly gain: PairedDifference | undefined;
  /** Two or three words. */
  readonly headline: string;
  /** What was measured, and what to do where it did not pay. */
  readonly sentence: string;
}

const HEADLINES = {
  gain: 'It paid',
  unclear: 'Too close to call',
  loss: 'It did not pay here',
  notCompared: 'Nothing to compare with',
} as const;

/** A model against the student that saw the labels alone; undefined for that one itself, and where there is none. */
export function gainOf(
  { model, evaluation }: ReportedModel,
  models: readonly ReportedModel[],
): PairedDifference | undefined {
  const baseline = models.find((other) => other.model === modelAs('baseline'))?.evaluation;
  if (!baseline || model === modelAs('baseline')) return undefined;
  return pairedDifference(evaluation, baseline) ?? unpaired(evaluation, baseline);
}

export function verdictOf({ models }: ReportData): Verdict {
  const finetuned = models.find(({ model }) => model === modelAs('result'));
  const supervised = models.find(({ model }) => model === modelAs('baseline'));
  const gain = finetuned && gainOf(finetuned, models);
  const kind = kindOf(gain);
  const right = finetuned ? `The fine-tuned student is right on ${percent(finetuned.evaluation.top1)}` : '';
  const images = finetuned ? `${thousands(finetuned.evaluation.images)} held-out images` : '';
  const compared = `${right} of ${images}, the same network trained on the labels alone on ${percent(supervised?.evaluation.top1 ?? 0)}.`;
  const sentences = {
    gain: compared,
    unclear: `${compared} A difference this small may be chance: hold out more images, or repeat with other seeds.`,
    loss: `${compared} See how right the selection is, and try another K, a longer pre-training or a stronger teacher.`,
    notCompared: finetuned
      ? `${right} of ${images}. To see what the unlabelled images added, run with supervised.enabled=true.`
      : 'There is no fine-tuned student yet.',
  };
  return { kind, gain, headline: HEADLINES[kind], sentence: sentences[kind] };
}

function kindOf(gain: PairedDifference | undefined): Verdict['kind'] {
  if (!gain) return 'notCompared';
  const [low, high] = gain.interval;
  if (low > 0) return 'gain';
  return high < 0 ? 'loss' : 'unclear';
}

/** Newcombe's interval (1998, method 10) for shares of different images: wider, for want of who was right where. */
function unpaired(model: Evaluation, baseline: Evaluation): PairedDifference {
  const difference = model.top1 - baseline.top1;
  const [[lowModel, highModel], [lowBaseline, highBaseline]] = [model.top1Interval, baseline.top1Interval];
  const below = Math.hypot(model.top1 - lowModel, highBaseline - baseline.top1);
  const above = Math.hypot(highModel - model.top1, baseline.top1 - lowBaseline);
  return { difference, interval: [difference - below, difference + above] };
}
