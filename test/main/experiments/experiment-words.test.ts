/** Parsing a written experiment, and describing its result in words that claim no more than the numbers. */
import { describe, expect, it } from 'vitest';
import { type Experiment, parseExperiment, settingLines } from '../../../main/experiments/experiment.ts';
import { experimentSvg } from '../../../main/experiments/experiment-svg.ts';
import { experimentMarkdown, experimentText } from '../../../main/experiments/experiment-text.ts';
import { experimentVerdict } from '../../../main/experiments/experiment-verdict.ts';
import type { CellResult, ExperimentResult } from '../../../main/experiments/run-experiment.ts';

describe('a written experiment', () => {
  it('has a cell for every combination of its grid, from YAML or JSON', () => {
    const yaml = `
name: k-and-order
grid:
  select.k: [5, 10]
  select.order: [ranked, random]
set: { pretrain.images: 400 }
seeds: 2`;
    const { experiment, seeds } = parseExperiment(yaml, 'grid.yaml');
    expect(seeds).toBe(2);
    expect(experiment.cells.map(({ name }) => name)).toEqual([
      'select.k = 5, select.order = ranked',
      'select.k = 5, select.order = random',
      'select.k = 10, select.order = ranked',
      'select.k = 10, select.order = random',
    ]);
    expect(experiment.against).toBe('select.k = 5, select.order = ranked');
    expect(experiment.cells.every(({ model }) => model === 'finetuned')).toBe(true);
    expect(settingLines(experiment.settings, experiment.cells[1]?.settings ?? {})).toEqual([
      'pretrain.images=400',
      'select.k=5',
      'select.order="random"',
    ]);
    const json = JSON.stringify({
      name: 'k-and-order',
      grid: { 'select.k': [5, 10], 'select.order': ['ranked', 'random'] },
      set: { 'pretrain.images': 400 },
      seeds: 2,
    });
    expect(parseExperiment(json, 'grid.json')).toEqual({ experiment, seeds });
  });

  it('may say each cell and its model', () => {
    const text = 'name: two\ncells:\n  - { name: before, model: pretrained }\n  - { name: after }\nagainst: before';
    const { cells, against } = parseExperiment(text, 'two.yaml').experiment;
    expect(cells.map(({ name, model }) => [name, model])).toEqual([
      ['before', 'pretrained'],
      ['after', 'finetuned'],
    ]);
    expect(against).toBe('before');
  });

  it('may say of a cell that there are several rounds, or teachers, and not both', () => {
    const cells = ['{ name: one }', '{ name: two, rounds: 2 }', '{ name: pair, teachers: { count: 2, how: mean } }'];
    const { experiment } = parseExperiment(`name: x\ncells: [${cells.join()}]`, 'x.yaml');
    expect(experiment.cells.map(({ rounds, teachers }) => [rounds, teachers])).toEqual([
      [undefined, undefined],
      [2, undefined],
      [undefined, { count: 2, how: 'mean' }],
    ]);
    const both = 'name: x\ncells: [{ name: two, rounds: 2, teachers: { count: 2, how: mean } }]';
    expect(() => parseExperiment(both, 'x.yaml')).toThrow('either rounds or teachers');
  });

  it.each([
    ['name: x\n  y: [', 'neither YAML nor JSON'],
    ['name: x', 'either a grid or cells'],
    ['name: ../x\ngrid: { select.k: [1] }', 'lower-case letters'],
    ['name: x\ngrid: { select.k: [] }', 'grid.select.k'],
    ['name: x\ngrid: { seed: [1, 2] }', '“seed”, which must be the same in all cells'],
    ['name: x\nset: { engine.device: cpu }\ngrid: { select.k: [1] }', 'engine.device'],
    ['name: x\ngird: { select.k: [1] }', 'gird'],
    ['name: x\nagainst: y\ngrid: { select.k: [1] }', 'compares its cells with “y”'],
    ['name: x\ncells: [{ name: a }, { name: a }]', 'two cells called “a”'],
    [
      `name: x\ngrid: { select.k: [${Array.from({ length: 15 }, (_, i) => i + 1)}], label.topP: [${Array.from({ length: 15 }, (_, i) => i + 1)}] }`,
      '225 cells',
    ],
  ])('is refused with what is wrong: %s', (text, words) => {
    expect(() => parseExperiment(text, 'x.yaml')).toThrow(words);
  });
});

const EXPERIMENT: Experiment = {
  ...{ name: 'length', title: 'How <long>', question: 'Does longer pay?', settings: {}, against: 'short' },
  claim: 'longer is better',
  cells: ['short', 'middle', 'long'].map((name) => ({ name, settings: {}, model: 'finetuned' })),
  expected: [{ cell: 'long', sign: 'above' }],
};

type Interval = readonly [number, number];

function resultOf(middle: Interval, long: Interval): ExperimentResult {
  const cell = (name: string, difference: Interval | null): CellResult => ({
    ...{ name, model: 'finetuned' },
    runs: [{ seed: 0, run: 'evaluate-0', top1: 0.5 }],
    top1: { mean: 0.5, interval: [0.45, 0.55], perSeed: [0.5] },
    difference: difference && { mean: (difference[0] + difference[1]) / 2, interval: difference, perSeed: [0] },
  });
  return {
    ...{ experiment: EXPERIMENT, seeds: [0, 1, 2], labelled: 10, unlabelled: 100, heldOut: 1234, device: 'cpu' },
    cells: [cell('short', null), cell('middle', middle), cell('long', long)],
  };
}

describe('the description of an experiment', () => {
  it('names the better, the worse and the undecided cells, and compares the result with the paper', () => {
    const said = experimentVerdict(resultOf([-0.01, 0.03], [0.02, 0.06]));
    expect(said).toBe(
      'Compared with “short”, better: “long” +4.0 points (+2.0 to +6.0). No clear difference: “middle” +1.0 points (−1.0 to +3.0) (simultaneous 95 % intervals; 3 seeds; 1,234 held-out images). The paper found that longer is better: these intervals show the same.',
    );
  });

  it.each([
    [[-0.01, 0.03], 'these intervals show neither this nor the opposite'],
    [[-0.05, -0.01], 'these intervals show the opposite'],
    [[0.001, 0.03], 'these intervals show the same'],
  ] as const)('claims no more than the interval %j', (long, words) => {
    expect(experimentVerdict(resultOf([-0.01, 0.01], long))).toContain(words);
  });

  it('recommends something other than the paper’s rule only where an interval is above it', () => {
    const recommends = (middle: Interval, long: Interval) => {
      const result = resultOf(middle, long);
      const { claim: _, ...own } = EXPERIMENT;
      const experiment = { ...own, claim: undefined, expected: [], recommends: true };
      return experimentVerdict({ ...result, experiment });
    };
    expect(recommends([0.001, 0.02], [0.01, 0.05])).toMatch(/\)\. Recommended here: “long”\.$/);
    const stays = /“short”, the paper’s rule, remains recommended: no interval shows another to be better\.$/;
    expect(recommends([-0.01, 0.03], [0, 0.05])).toMatch(stays);
    expect(recommends([-0.03, -0.01], [-0.05, -0.02])).toMatch(stays);
  });

  it('says what a single seed cannot show', () => {
    expect(experimentVerdict({ ...resultOf([0, 0.1], [0, 0.1]), seeds: [4] })).toContain(
      'one seed, which says nothing about others',
    );
  });

  it('is a table of one line per cell, on a terminal and in Markdown, and a plot that escapes names', () => {
    const result = resultOf([-0.01, 0.03], [0.02, 0.06]);
    const lines = experimentText(result).split('\n');
    const row = lines.find((line) => line.startsWith('  long'));
    expect(row).toMatch(/long\s+50\.0 %\s+45\.0 % to 55\.0 %\s+\+4\.0\s+\+2\.0 to \+6\.0\s+50\.0\s+[·─]*●[·─]*$/);
    const markdown = experimentMarkdown(result, 'Made today.');
    expect(markdown.split('\n').filter((line) => line.startsWith('| ')).length).toBe(5);
    expect(markdown).toContain('Made today.');
    const svg = experimentSvg(result);
    expect(svg).toContain('How &lt;long&gt;');
    expect(svg.match(/class="mean"/g)?.length).toBe(3);
    expect(svg).toContain('<g class="above"><title>long: 50.0 %</title>');
  });
});
