/** `experiment` on one tiny project: shared stages run once, finished work is reused, and the files contain the results. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openProject } from '../../../main/catalogue/project.ts';
import { builtInExperiment, builtInNames } from '../../../main/experiments/built-in-experiments.ts';
import { groundOf, planExperiment } from '../../../main/experiments/plan-experiment.ts';
import { lastRecipe } from '../../../main/pipeline/kept-recipe.ts';
import { readRuns } from '../../../main/pipeline/runs.ts';
import { here } from '../command-here.ts';
import { addTinyImages, drawTinyImages, TINY } from '../pipeline/tiny-method.ts';
import { requireDone } from '../sample-project.ts';

let root: string;
let directory: string;
let grid: string;

const ASKED = ['--recipe', TINY.recipe, '--device', TINY.device, '--set', ...TINY.set, 'supervised.training.images=64'];

async function experiment(...args: readonly string[]) {
  const { stdout } = requireDone(await here('experiment', directory, ...args, '--json', ...ASKED));
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'understudy-experiment-'));
  directory = join(root, 'project');
  await drawTinyImages(root);
  requireDone(await here('new', directory));
  const project = await openProject(directory);
  await addTinyImages(project, root);
  await project.close();
  grid = join(root, 'grid.yaml');
  writeFileSync(grid, 'name: small-grid\ngrid: { select.k: [2, 3] }\nseeds: 2\n');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

it('every built-in experiment fits the recipe, and number 6 reports that there are no tags', async () => {
  const project = await openProject(directory);
  try {
    const ground = await groundOf(project, TINY);
    for (const name of builtInNames) {
      if (name === 'weakly-supervised') {
        expect(() => builtInExperiment(name, ground)).toThrow('no tags');
        continue;
      }
      const made = builtInExperiment(name, ground);
      const plan = await planExperiment(project, made, ground, 1);
      expect(made.cells.map((cell) => cell.name)).toContain(made.against);
      for (const { cell } of made.expected) expect(made.cells.map((one) => one.name)).toContain(cell);
      expect(new Set(plan.variants.flatMap(({ cells }) => cells)).size).toBe(made.cells.length);
    }
  } finally {
    await project.close();
  }
});

it('estimates its cost, counting every shared stage once, and runs nothing', async () => {
  const [said] = await experiment(grid, '--estimate');
  expect(said).toMatchObject({
    event: 'estimate',
    name: 'small-grid',
    estimate: { cells: 2, seeds: 2, methods: 4, unshared: 24 },
  });
  const { stages } = (said?.estimate ?? {}) as { stages: { stage: string; runs: number; done: number }[] };
  expect(Object.fromEntries(stages.map(({ stage, runs }) => [stage, runs]))).toEqual({
    ...{ teacher: 2, label: 2, select: 4, pretrain: 4, finetune: 4, evaluate: 4 },
  });
  expect(existsSync(join(directory, 'recipe.json'))).toBe(false);
});

it('ends with cells over seeds and their files, and leaves the project’s own recipe unchanged', async () => {
  const two = '[{ name: before, model: pretrained }, { name: after }]';
  writeFileSync(grid, `name: small-grid\ncells: ${two}\nset: { select.k: 3 }\nseeds: 2\n`);
  const events = await experiment(grid);
  const started = events.filter(({ event }) => event === 'cellsStarted');
  expect(started.map(({ cells, seed, of }) => [cells, seed, of])).toEqual([
    [['before', 'after'], 0, 2],
    [['before', 'after'], 1, 2],
  ]);
  const result = events.at(-1) as { cells: { runs: { top1: number }[]; top1: { mean: number } }[]; verdict: string };
  expect(result).toMatchObject({ event: 'result', name: 'small-grid', heldOut: 2, seeds: [0, 1], against: 'before' });
  for (const { runs, top1 } of result.cells) {
    expect(runs.length).toBe(2);
    expect(top1.mean).toBeCloseTo((Number(runs[0]?.top1) + Number(runs[1]?.top1)) / 2, 12);
  }
  const folder = join(directory, 'experiments', 'small-grid');
  const csv = readFileSync(join(folder, 'cells.csv'), 'utf8').trim().split('\n');
  expect(csv.map((line) => line.split(',')[0])).toEqual(['cell', 'before', 'after']);
  expect(readFileSync(join(folder, 'results.md'), 'utf8')).toContain(result.verdict);
  expect(readFileSync(join(folder, 'plot.svg'), 'utf8')).toMatch(/^<svg .*<\/svg>\n$/s);
  expect(existsSync(join(directory, 'recipe.json'))).toBe(false);
  const project = await openProject(directory, { toLook: true });
  try {
    const rows = await project.database.rows(
      `SELECT seed, count(*) AS cells FROM read_parquet('${join(folder, 'runs.parquet')}') GROUP BY seed ORDER BY seed`,
    );
    expect(rows.map(({ seed, cells }) => [Number(seed), Number(cells)])).toEqual([
      [0, 2],
      [1, 2],
    ]);
  } finally {
    await project.close();
  }
});

it('reuses everything that was done, adds what is new, and puts a section into a document', async () => {
  const cells = '[{ name: all, set: { select.k: 3 } }, { name: half, set: { select.k: 3, select.share: 0.5 } }]';
  writeFileSync(grid, `name: small-grid\ncells: ${cells}\nseeds: 1\n`);
  const document = join(root, 'study.md');
  writeFileSync(document, '# Study\n\n## small-grid\n\nof before\n\n## another\n\nstays\n');
  const events = await experiment(grid, '--markdown', document);
  const made = events.filter(({ event, reused }) => event === 'stageFinished' && reused === false);
  expect(made.map(({ stage }) => stage)).toEqual(['select', 'pretrain', 'finetune', 'evaluate']);
  const text = readFileSync(document, 'utf8');
  expect(text).not.toContain('of before');
  expect(text.match(/^## .*$/gm)).toEqual(['## small-grid', '## another']);
  expect(text).toContain('stays');

  const project = await openProject(directory, { toLook: true });
  try {
    const selected = (share?: number) => {
      const found = runs.find(({ recipe }) => {
        const { select } = recipe as { select: { k: number; share?: number } };
        return select.k === 3 && select.share === share;
      });
      return Number(found?.metrics.selected);
    };
    const runs = (await readRuns(project)).filter(({ stage, seed }) => stage === 'select' && seed === 0);
    expect(selected(0.5)).toBeGreaterThan(0);
    expect(selected(0.5)).toBeLessThanOrEqual(selected());
  } finally {
    await project.close();
  }
});

it('a report without a run of the project’s own shows an experiment, and says so', async () => {
  const { stdout } = requireDone(await here('report', directory));
  expect(stdout).toContain('This is the last cell of an experiment, since the project itself compared nothing yet');
  expect(stdout).toContain('understudy experiment DIR NAME shows it again');
});

it('an estimate covers all rounds, and knows what is already done of each', async () => {
  const { stdout } = requireDone(await here('run', directory, '--rounds', '3', '--estimate', '--json', ...ASKED));
  const { estimate } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as {
    estimate: { stages: { stage: string; round?: number; done: boolean; images: number }[] };
  };
  const of = (round: number | undefined) =>
    estimate.stages.filter((stage) => stage.round === round).map(({ stage }) => stage);
  expect(of(undefined)).toEqual(['teacher', 'label', 'select', 'pretrain', 'finetune', 'evaluate']);
  expect(of(2)).toEqual(['label', 'select', 'pretrain', 'finetune', 'evaluate']);
  expect(of(3)).toEqual(of(2));
});

it('rounds make the student the next teacher, and report the gain of each', async () => {
  const finished = requireDone(await here('run', directory, '--rounds', '2', '--json', ...ASKED));
  const events = finished.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const rounds = events.filter(({ event }) => event === 'round');
  expect(rounds.map(({ round }) => round)).toEqual([1, 2]);
  // The baseline is not trained here, so the first round is not compared with anything.
  expect(rounds[0]?.gain).toBeNull();
  expect(rounds[1]?.gain).toMatchObject({ difference: Number(rounds[1]?.top1) - Number(rounds[0]?.top1) });
  const said = requireDone(await here('run', directory, '--rounds', '2', '--estimate', '--json', ...ASKED)).stdout;
  const { estimate } = JSON.parse(said.trim().split('\n').at(-1) ?? '') as {
    estimate: { stages: { done: boolean }[] };
  };
  expect(estimate.stages.map(({ done }) => done)).toEqual(estimate.stages.map(() => true));
  expect(estimate.stages.length).toBe(11);
  const project = await openProject(directory, { toLook: true });
  try {
    const best = rounds[Number(Number(rounds[1]?.top1) > Number(rounds[0]?.top1))]?.top1;
    expect(events.at(-1)).toMatchObject({ event: 'summary', top1: { finetuned: best } });
    const runs = await readRuns(project);
    const students = runs.filter(({ stage }) => stage === 'finetune');
    const teacher = runs.find(({ reason }) => reason?.includes('The student of the previous round is the teacher'));
    expect(
      students.map(({ id }) => `Imported from ${id}. The student of the previous round is the teacher.`),
    ).toContain(teacher?.reason);
    expect(runs.some(({ stage, parents }) => stage === 'label' && parents.includes(teacher?.id ?? ''))).toBe(true);
    // The next run trains its own teacher again.
    expect((await lastRecipe(project)).teacher.run).toBeNull();
  } finally {
    await project.close();
  }
});

it('a second round and two teachers are cells like any other, estimated with shared stages and reused', async () => {
  const [estimated] = await experiment('teachers', '--seeds', '2', '--estimate');
  const { stages } = (estimated?.estimate ?? {}) as { stages: { stage: string; runs: number }[] };
  expect(Object.fromEntries(stages.map(({ stage, runs }) => [stage, runs]))).toEqual({
    ...{ teacher: 2, label: 2, select: 8, pretrain: 8, finetune: 8, evaluate: 8 },
  });
  const events = await experiment('teachers', '--seeds', '1');
  const { cells = [] } = events.at(-1) as { cells?: { name: string; runs: { run: string }[] }[] };
  expect(cells.map(({ name }) => name)).toEqual([
    ...['one teacher', 'two teachers, their mean', 'two teachers, where they agree', 'two teachers, by the worse rank'],
  ]);
  expect(new Set(cells.flatMap(({ runs }) => runs.map(({ run }) => run))).size).toBe(4);
  const again = await experiment('teachers', '--seeds', '1');
  expect(again.filter(({ event }) => event === 'stageStarted')).toEqual([]);
  const rounds = (await experiment('rounds', '--seeds', '1')).at(-1);
  expect(rounds).toMatchObject({ cells: [{ name: 'one round' }, { name: 'two rounds' }, { name: 'labels only' }] });
});

it('with several devices, seeds are computed side by side, what they share once, and found is what one device finds', async () => {
  const shared = join(root, 'shared.yaml');
  // Each seed has the teachers of both.
  const cells = '[{ name: two, teachers: { count: 2, how: mean } }]';
  writeFileSync(shared, `name: side-by-side\ncells: ${cells}\nset: { teacher.training.images: 56 }\nseeds: 2\n`);
  const asked = ASKED.map((word) => (word === TINY.device ? 'cpu,cpu' : word));
  const lines = async (...words: readonly string[]) =>
    requireDone(await here('experiment', directory, shared, '--json', ...words))
      .stdout.trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const events = await lines(...asked);
  // Both begin before either has done anything.
  const begun = events.filter(({ event }) => /^(cells|stage)Started$/.test(String(event))).slice(0, 2);
  expect(begun.map(({ event, seed }) => [event, seed])).toEqual([
    ['cellsStarted', 0],
    ['cellsStarted', 1],
  ]);
  const made = events.filter(({ event, reused }) => event === 'stageFinished' && reused === false);
  expect(new Set(made.map(({ runId }) => runId)).size).toBe(made.length);
  expect(made.filter(({ stage }) => stage === 'teacher').length).toBe(2);
  expect(new Set(made.map(({ seed }) => seed))).toEqual(new Set([0, 1]));
  const again = await lines(...ASKED);
  expect(again.filter(({ event }) => event === 'stageStarted')).toEqual([]);
  expect(again.at(-1)?.cells).toEqual(events.at(-1)?.cells);
  const absent = await here('experiment', directory, shared, ...ASKED, '--device', 'cpu,cuda:7');
  expect([absent.code, absent.stderr]).toEqual([2, expect.stringContaining('There is no device “cuda:7” here')]);
});

it('where held-out images choose, one half of them chooses and the other judges', async () => {
  const project = await openProject(directory);
  const ground = await groundOf(project, TINY);
  await project.close();
  const events = await experiment('k-auto', '--seeds', '1');
  const whole = ground.sets.heldOut.imageIds.length;
  expect(events.at(-1)).toMatchObject({ heldOut: Math.floor(whole / 2) });
});

it('a report shows the project’s own comparison, even if an experiment came after it', async () => {
  const told = async () =>
    JSON.parse(requireDone(await here('report', directory, '--json')).stdout) as {
      runs: { id: string }[];
      note: string;
    };
  const { runs: own, note } = await told();
  expect(note).toContain('This is what the project itself last compared');
  const later = join(root, 'later.yaml');
  writeFileSync(later, 'name: later\ngrid: { select.k: [1] }\nseeds: 1\n');
  const events = await experiment(later);
  const evaluated = events.find(({ event, stage }) => event === 'stageFinished' && stage === 'evaluate');
  expect(evaluated).toMatchObject({ reused: false });
  expect((await told()).runs.at(-1)?.id).toBe(own.at(-1)?.id);
  expect(own.at(-1)?.id).not.toBe(evaluated?.runId);
});

it('transfer fine-tunes a whole model and its classifier alone, without unlabelled images, and resumes', async () => {
  const project = await openProject(directory, { toLook: true });
  const student = (await readRuns(project)).findLast(({ stage }) => stage === 'finetune')?.id ?? '';
  await project.close();
  const model = join(directory, 'runs', student, 'model.safetensors');
  const transfer = async () => {
    const asked = ['--recipe', TINY.recipe, '--device', 'cpu', '--set', 'batch=8', 'engine.threads=1'];
    const short = ['supervised.training.images=64', 'imageSizePx=16'];
    const args = ['transfer', join(root, 'elsewhere'), join(root, 'labelled'), model, '--seeds', '1', '--json'];
    const { stdout } = requireDone(await here(...args, ...asked, ...short));
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  };
  const events = await transfer();
  const result = events.at(-1) as { cells: { name: string; difference: unknown }[] };
  expect(result.cells.map(({ name }) => name)).toEqual([
    'model.safetensors, all of it fine-tuned',
    'model.safetensors, its classifier alone',
    'small-basic from random weights',
  ]);
  expect(result.cells.map(({ difference }) => difference === null)).toEqual([true, false, false]);
  const made = (some: typeof events) =>
    some.filter(({ event, reused }) => event === 'stageFinished' && reused === false).map(({ stage }) => stage);
  expect(made(events)).toEqual(['supervised', 'evaluate', 'supervised', 'evaluate', 'supervised', 'evaluate']);
  expect(made(await transfer())).toEqual([]);
});

it('lists the available experiments, and refuses others', async () => {
  const listed = await here('experiment', directory);
  for (const name of builtInNames) expect(listed.stdout).toContain(name);
  expect((await here('experiment', directory, 'lenght', ...ASKED)).stderr).toContain('There is no experiment “lenght”');
  expect((await here('experiment', directory, '1', '--seeds', '0')).stderr).toContain('from 1 to 100');
  const file = join(root, 'wrong.json');
  writeFileSync(file, JSON.stringify({ name: 'wrong', grid: { 'select.kk': [1] } }));
  expect((await here('experiment', directory, file, ...ASKED)).stderr).toContain('did you mean “select.k”');
});
