/** A verdict on an experiment, in words: it claims no more than the intervals show. */
import { interval, percent, points, signed } from '../report/numbers.ts';
import type { CellResult, ExperimentResult } from './run-experiment.ts';

export type Finding = 'above' | 'below' | 'unclear';

/** What the interval of a difference allows us to conclude. */
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
    ['no clear difference', of('unclear')],
  ] as const;
  const said = groups
    .filter(([, some]) => some.length > 0)
    .map(([word, some], place) => `${place === 0 ? word : capitalised(word)}: ${some.map(named).join('; ')}`);
  const together = others.length > 1 ? 'simultaneous 95 % intervals' : '95 % interval';
  const seeds =
    result.seeds.length === 1 ? 'one seed, which says nothing about others' : `${result.seeds.length} seeds`;
  const basis = `${together}; ${seeds}; ${result.heldOut.toLocaleString('en')} held-out images`;
  const begin =
    others.length === 0
      ? `“${experiment.against}” is right on ${percent(cells[0]?.top1.mean ?? 0)}; there is nothing to compare it with`
      : `Compared with “${experiment.against}”, ${said.join('. ')}`;
  return [`${begin} (${basis}).`, claimText(result), recommendation(result)].filter((part) => part !== '').join(' ');
}

function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** Empty where the experiment recommends nothing. */
function recommendation({ experiment: { recommends, against }, cells }: ExperimentResult): string {
  if (recommends !== true) return '';
  const [best] = cells
    .filter((cell) => findingOf(cell) === 'above')
    .sort((a, b) => (b.difference?.mean ?? 0) - (a.difference?.mean ?? 0));
  return best
    ? `Recommended here: “${best.name}”.`
    : `“${against}”, the paper’s rule, remains recommended: no interval shows another to be better.`;
}

/** How the result relates to the paper's finding; empty where the paper has none. */
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
    ? 'these intervals show the same'
    : findings.includes('opposite')
      ? 'these intervals show the opposite, at least in part'
      : all('unclear')
        ? 'these intervals show neither this nor the opposite'
        : 'these intervals show it in part';
  return `The paper found that ${claim}: ${here}.`;
}

function named({ name, difference }: CellResult): string {
  return difference ? `“${name}” ${points(difference.mean)} (${interval(difference.interval, signed)})` : `“${name}”`;
}
