/** One sentence on what an experiment shows: never more than its intervals say. */
import { interval, percent, points, signed } from '../report/numbers.ts';
import type { CellResult, ExperimentResult } from './run-experiment.ts';

export type Finding = 'above' | 'below' | 'unclear';

/** What a difference's interval allows to say. */
export function findingOf({ difference }: Pick<CellResult, 'difference'>): Finding {
  if (!difference) return 'unclear';
  const [low, high] = difference.interval;
  if (low > 0) return 'above';
  return high < 0 ? 'below' : 'unclear';
}

export function experimentVerdict(result: ExperimentResult): string {
  const { experiment, cells } = result;
  const others = cells.filter(({ difference }) => difference !== null);
  const of = (finding: Finding) => others.filter((cell) => findingOf(cell) === finding);
  const groups = [
    ['better', of('above')],
    ['worse', of('below')],
    ['not told apart from it', of('unclear')],
  ] as const;
  const said = groups
    .filter(([, some]) => some.length > 0)
    .map(([word, some], place) => `${place === 0 ? word : begunWith(word)}: ${some.map(named).join('; ')}`);
  const together = others.length > 1 ? ', all intervals together' : '';
  const seeds = result.seeds.length === 1 ? 'one seed, which says nothing of others' : `${result.seeds.length} seeds`;
  const basis = `95 %${together}; ${seeds}; ${result.heldOut.toLocaleString('en')} held-out images`;
  const begin =
    others.length === 0
      ? `“${experiment.against}” is right on ${percent(cells[0]?.top1.mean ?? 0)}, and nothing is held against it`
      : `Against “${experiment.against}”, ${said.join('. ')}`;
  return [`${begin} (${basis}).`, claimText(result), recommendation(result)].filter((part) => part !== '').join(' ');
}

/** Of one of the words above, as the first of a sentence. */
function begunWith(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** Empty where nothing is to be chosen between. */
function recommendation({ experiment: { recommends, against }, cells }: ExperimentResult): string {
  if (recommends !== true) return '';
  const [best] = cells
    .filter((cell) => findingOf(cell) === 'above')
    .sort((a, b) => (b.difference?.mean ?? 0) - (a.difference?.mean ?? 0));
  return best
    ? `Recommended here: “${best.name}”.`
    : `“${against}”, the paper’s rule, stays recommended: no interval speaks for another.`;
}

/** How what was found stands to what the paper found; empty where it found nothing of the kind. */
function claimText({ experiment, cells }: ExperimentResult): string {
  const { claim, expected } = experiment;
  if (claim === undefined) return '';
  if (expected.length === 0) return `The paper found that ${claim}.`;
  const findings = expected.map(({ cell, sign }) => {
    const found = cells.find(({ name }) => name === cell);
    const finding = found ? findingOf(found) : 'unclear';
    return finding === 'unclear' ? 'unclear' : finding === sign ? 'same' : 'opposite';
  });
  const all = (one: (typeof findings)[number]) => findings.every((finding) => finding === one);
  const here = all('same')
    ? 'the same is found here'
    : findings.includes('opposite')
      ? 'the opposite is found here, at least in part'
      : all('unclear')
        ? 'here the intervals show neither that nor the opposite'
        : 'here the intervals show it in part';
  return `The paper found that ${claim}: ${here}.`;
}

function named({ name, difference }: CellResult): string {
  return difference ? `“${name}” ${points(difference.mean)} (${interval(difference.interval, signed)})` : `“${name}”`;
}
