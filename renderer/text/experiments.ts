/** Texts of the experiments. */
import type { ExperimentResults } from '../../main/api/contract.ts';
import { formatBytes, formatCount, formatDuration, formatPercent } from '../format.ts';

const signed = (share: number) => `${share < 0 ? '−' : '+'}${Math.abs(100 * share).toFixed(1)}`;

export const experiments = {
  title: 'Experiments',
  lead: 'The paper’s study on your own images, and any other settings side by side. Each training is repeated with several seeds, and nothing is claimed that the intervals do not show.',
  list: 'Experiments to run',
  others: 'Your own',
  builtIn: 'The paper’s, and some of our own',
  done: 'has results',
  ownFile: 'Your own, from a file…',
  ownHint: 'YAML or JSON, such as',
  example: `name: k-and-order
grid: { select.k: [50, 200], select.order: [ranked, random] }
seeds: 3`,
  paper: (claim: string) => `The paper found that ${claim}.`,
  cells: 'What is compared',
  against: 'the reference for the others',
  seeds: 'Seeds',
  seedsHint: 'How often each training is repeated. A single seed says nothing about others.',
  takes: 'Estimated cost',
  working: 'Working it out…',
  estimate: ({
    methods,
    different,
    unshared,
    done,
  }: {
    readonly methods: number;
    readonly different: number;
    readonly unshared: number;
    readonly done: number;
  }) =>
    `The method ${formatCount(methods)} times: ${formatCount(different)} different stages instead of ${formatCount(unshared)}, ${formatCount(done)} of them done already.`,
  time: (seconds: number | null, device: string) =>
    seconds === null
      ? 'The time is known once the device has been measured.'
      : `About ${formatDuration(seconds)} on ${device}`,
  needs: (memory: number, disk: number, free: number) =>
    `Up to ${formatBytes(memory)} of memory, ${formatBytes(disk)} on disk (${formatBytes(free)} free).`,
  rough: 'Part of this is extrapolated from other networks.',
  start: 'Start the experiment',
  again: 'Run it again',
  allDone: 'Everything has already been done with these settings: the results appear at once.',
  results: 'Results',
  noResults: 'No results yet: start the experiment above.',
  judged: (judged: number, of: number) =>
    `${formatCount(judged)} of ${formatCount(of)} runs of the method are judged. The verdict comes with the last one.`,
  savedAt: (when: string) => `Made ${when}`,
  columns: {
    cell: 'Setting',
    top1: 'Top-1',
    interval: '95 % interval',
    against: 'Difference in points',
    seeds: 'Each seed',
  },
  interval: ([low, high]: readonly [number, number]) => `${formatPercent(low)} to ${formatPercent(high)}`,
  difference: (mean: number, [low, high]: readonly [number, number]) =>
    `${signed(mean)} (${signed(low)} to ${signed(high)})`,
  reference: 'the reference',
  findings: { above: 'better', below: 'worse', unclear: 'no clear difference' } satisfies Record<
    ExperimentResults['cells'][number]['finding'],
    string
  >,
  plot: (title: string) => `${title}: each setting’s top-1 with its interval. The table below has the numbers.`,
  basis: ({ seeds, labelled, unlabelled, heldOut, device }: ExperimentResults) =>
    `Seeds ${seeds.join(', ')} · ${formatCount(labelled)} labelled, ${formatCount(unlabelled)} unlabelled, ${formatCount(heldOut)} held-out images · ${device}`,
  files: 'Downloads',
  file: {
    'cells.csv': 'Settings, CSV',
    'cells.parquet': 'Settings, Parquet',
    'runs.csv': 'Every seed, CSV',
    'runs.parquet': 'Every seed, Parquet',
    'plot.svg': 'Plot, SVG',
    'results.md': 'Text, Markdown',
  },
} as const;
