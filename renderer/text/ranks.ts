/** Texts of the ranks and of spot-checks. */
import { formatCount, formatPercent, formatShortCount } from '../format.ts';

const images = (count: number) => `${formatCount(count)} ${count === 1 ? 'image' : 'images'}`;

interface RightOf {
  readonly precision: number;
  readonly interval: readonly [number, number];
  readonly checked: number;
  readonly by: 'spotChecks' | 'heldOut';
  readonly tooFew: boolean;
}

const seen = (count: number, by: RightOf['by']) =>
  by === 'spotChecks' ? `${formatCount(count)} checked` : `${formatCount(count)} held-out`;

export const ranks = {
  title: 'Ranks',
  images,
  classes: 'Classes',
  searchClasses: 'Find a class',
  noClassMatches: 'No class has this in its name.',
  short: 'short',
  kept: 'kept',
  vetoed: 'vetoed',
  classLine: (kept: number, k: number) => `${formatShortCount(kept)} of ${formatShortCount(k)}`,
  shortBy: (count: number) => `${formatShortCount(count)} short`,
  classAria: (name: string, kept: number, k: number, vetoed: number) =>
    `${name}: ${formatCount(kept)} of ${formatCount(k)} kept${kept < k ? `, ${formatCount(k - kept)} short` : ''}${vetoed > 0 ? `, ${formatCount(vetoed)} vetoed` : ''}`,
  right: (precision: number) => `${formatPercent(precision)} right`,
  rightRange: ({ interval: [low, high], checked, by }: RightOf) =>
    `${formatPercent(low)}–${formatPercent(high)} · ${seen(checked, by)}`,
  rightOf: ({ precision, interval: [low, high], checked, by, tooFew }: RightOf) =>
    `${formatPercent(precision)} right, ${formatPercent(low)} to ${formatPercent(high)} with 95 % certainty, ${seen(checked, by)}${tooFew ? ', too few right' : ''}`,
  headline: (name: string) => `Precision at K of ${name}`,
  notChecked: 'It is not yet known how many above the line are right. Twenty spot-check answers give a first estimate.',
  tooFew: 'Too few right: the student would learn these mistakes. Move the line up, or label 20 more here.',
  byHeldOut:
    'Measured on the held-out images that the teacher assigns to this class just as confidently. A spot-check measures the images here.',
  labelMore: 'Label 20 more here',
  shortages: (count: number) =>
    count === 0 ? 'Every class is full' : `${formatCount(count)} ${count === 1 ? 'class is' : 'classes are'} short`,
  selected: (count: number) => `${images(count)} train the student`,
  best: 'best first',
  gridLabel: (name: string) => `Ranking of ${name}, best first`,
  tileLabel: (rank: number, score: string, states: readonly string[]) =>
    [`Rank ${formatCount(rank)}, ${score}`, ...states].join(', '),
  loadingTile: (rank: number) => `Rank ${formatCount(rank)}, loading`,
  aboveLine: 'trains the student',
  belowLine: 'below the line',
  states: {
    veto: 'vetoed',
    pin: 'pinned',
    leak: 'set aside: repeats a held-out image',
    nearDuplicate: 'set aside: near-copy of a better-ranked image',
    labelled: (name: string) => `labelled ${name}`,
  },
  badges: { veto: 'Veto', pin: 'Pin', leak: 'Leak', nearDuplicate: 'Copy' },
  kLine: (k: number) => `K ${formatCount(k)}`,
  /** Calibrated if held-out images allow it. */
  scoreOf: (score: string, isCalibrated: boolean) => `${isCalibrated ? 'calibrated' : 'score'} ${score}`,
  calibration: (temperature: number) =>
    `Scores are shown calibrated (temperature ${temperature.toFixed(2)}, by held-out images). The order is the teacher’s own.`,
  kLineAbove: 'above trains the student',
  kLineValue: (k: number, rank: number) =>
    `${formatCount(k)} images per class; the line comes after rank ${formatCount(rank)}`,
  kLineLabel: 'K line: images per class above it',
  kLineElsewhere: (rank: number) => `line after rank ${formatCount(rank)}`,
  k: 'Images per class (K)',
  takeSuggested: (k: number) => `Use ${formatCount(k)}`,
  jump: 'Go to rank',
  labelRun: 'Ranked by',
  settings: 'Selection',
  settingsLead: 'What trains the student. Changes are saved at once; the grid, the classes and the bars below follow.',
  takenByTags:
    'The recipe takes any K images that are tagged with a class’s name, in an order of its own (select.by=tags). What you see here is the teacher’s ranking, which that selection does not use.',
  suggested: (k: number, because: string) => `Suggested: ${formatCount(k)} (${because})`,
  byCurve: ({ k, by, answers }: { readonly k: number; readonly by: RightOf['by']; readonly answers: number }) =>
    `By the precision curve: ${formatCount(k)} (${seen(answers, by)}); beyond it, one more image per class is wrong more often than right`,
  leastPrecision: 'Lowest precision of a class',
  leastPrecisionHint: (floors: { readonly spotChecks: number; readonly heldOut: number } | null, classes: number) => {
    if (floors === null) return 'Empty: K alone. Otherwise a class ends, before K, where fewer than this are right.';
    const rest = classes - floors.spotChecks - floors.heldOut;
    return [
      `Known for ${formatCount(floors.spotChecks)} classes from spot-checks, for ${formatCount(floors.heldOut)} from held-out images.`,
      ...(rest > 0
        ? [
            `Too little is known about ${formatCount(rest)}: for them only K counts. A selection asks the teacher about held-out images.`,
          ]
        : []),
    ].join(' ');
  },
  topP: 'Classes per image (P)',
  topPKept: (topP: number) => `This labelling kept the best ${formatCount(topP)} classes of each image.`,
  topPMore: (topP: number) =>
    `This labelling kept ${formatCount(topP)}: what is shown stops there, and the next run labels the collection again for more.`,
  order: 'What is taken',
  ranked: 'Best ranked',
  random: 'Random',
  randomHint: 'Random takes any of a class’s candidates: a comparison that shows how much the ranking helps.',
  balanced: 'Same number for every class',
  balancedHint: 'Off: the best of all classes together, by each image’s first class.',
  leakGuard: 'Set aside copies of held-out images',
  nearDuplicateGuard: 'Set aside near-copies within a class',
  train: 'Train the student on this',
  tabs: { image: 'Image', selection: 'Selection', changes: 'Changes' },
  balance: 'Balance of the classes',
  balanceShort: (count: number) => `short by ${formatCount(count)}`,
  balanceFull: 'full',
  balanceMore: (count: number) => `${formatCount(count)} above K`,
  balanceOf: (kept: number, k: number) => `${formatCount(kept)} of ${formatCount(k)}`,
  balanceNotes: (candidates: number, setAside: number, vetoed: number) =>
    [
      `${formatCount(candidates)} ranked`,
      ...(setAside > 0 ? [`${formatCount(setAside)} set aside`] : []),
      ...(vetoed > 0 ? [`${formatCount(vetoed)} vetoed`] : []),
    ].join(' · '),
  openClass: (name: string) => `Show the ranking of ${name}`,
  actions: {
    veto: 'Veto',
    pin: 'Pin',
    clear: 'Clear',
    relabel: 'Give class',
    choose: 'Choose',
    all: 'All above the line',
    below: 'All below the line',
    none: 'Choose none',
  },
  chosen: (count: number) => `${images(count)} chosen`,
  chooseRanks: 'Choose ranks',
  firstRank: 'From rank',
  lastRank: 'to rank',
  chooseThese: 'Choose these',
  curve: 'Score by rank',
  curveAria: (name: string, k: number) => `Score by rank in ${name}, with the K line at ${formatCount(k)}`,
  precision: 'Precision at K',
  unchecked: 'not checked yet',
  precisionOf: (checked: number, from: number, to: number) =>
    `${formatPercent(from)}–${formatPercent(to)} · ${formatCount(checked)} checked`,
  spotCheck: 'Spot-check',
  spot: {
    title: (name: string) => `Is this ${name}?`,
    progress: (done: number, total: number) => `${formatCount(done)} of ${formatCount(total)}`,
    rank: (rank: number, score: string) => `rank ${formatCount(rank)} · score ${score}`,
    yes: 'Yes',
    no: 'No',
    skip: 'Skip',
    undo: 'Take back',
    other: 'No, it is',
    otherHint: 'The image then gets that label, and trains the teacher.',
    estimate: (precision: number, from: number, to: number, checked: number) =>
      `Precision at K: ${formatPercent(precision)} (95 %: ${formatPercent(from)} to ${formatPercent(to)}), from ${formatCount(checked)} ${checked === 1 ? 'answer' : 'answers'}`,
    noEstimate: 'No estimate before the first answer.',
    close: 'End the spot-check',
    notKept: (rank: number, reason: string) => `The answer about rank ${formatCount(rank)} was not saved: ${reason}`,
    done: 'Checked.',
    more: 'Check more',
    none: 'There is nothing above the line to check.',
    parts: 'By rank, in tenths',
    part: (first: number, last: number, correct: number, checked: number) =>
      `Ranks ${formatCount(first)}–${formatCount(last)}: ${checked === 0 ? 'not checked' : `${formatCount(correct)} of ${formatCount(checked)} right`}`,
  },
  panel: {
    title: 'Image',
    empty: 'Choose an image to see where it stands.',
    atRank: (rank: number) => `Rank ${formatCount(rank)}`,
    elsewhere: 'Not ranked here',
    amongChosen: (count: number) => `one of ${images(count)} chosen`,
    standsIn: 'Where it stands',
    inClass: (name: string, rank: number) => `${name}, rank ${formatCount(rank)}`,
    rank: (rank: number) => `rank ${formatCount(rank)}`,
    copies: 'Near-copies',
    noCopies: 'None known',
    usedIn: 'Used in',
    notUsed: 'No run so far',
    origin: 'Where it comes from',
    size: (width: number, height: number) => `${formatCount(width)} × ${formatCount(height)} px`,
    close: 'Close the panel',
    open: 'Image details',
  },
  changes: {
    compare: 'Compare with',
    nothing: 'No other labelling',
    only: 'There is no other yet',
    title: (other: string) => `Above the line now, against ${other}`,
    summary: (entered: number, left: number, stayed: number) =>
      `${formatCount(entered)} entered · ${formatCount(left)} left · ${formatCount(stayed)} stayed`,
    filter: 'Which changes',
    all: 'All',
    entered: 'Entered',
    left: 'Left',
    moved: 'Moved',
    ranks: (before: number | null, after: number | null) =>
      `${before === null ? 'not ranked' : formatCount(before)} → ${after === null ? 'not ranked' : formatCount(after)}`,
    up: (ranks: number) => `up ${formatCount(ranks)}`,
    down: (ranks: number) => `down ${formatCount(ranks)}`,
    same: 'same rank',
    there: (rank: number) => `${formatCount(rank)} there`,
    notThere: 'not ranked there',
    hint: 'Choose another labelling under “Compare with”: each tile then says where the other teacher ranks it.',
    more: 'Show more',
    none: 'Nothing changed above the line.',
  },
  empty: {
    title: 'Nothing is ranked yet',
    hint: 'Train a teacher on your labelled images and let it score the collection: every class gets its ranking here.',
    label: 'Score the collection',
  },
  failed: 'The ranking cannot be shown',
  retry: 'Try again',
};
