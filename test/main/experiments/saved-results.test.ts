/** Reading the results of an experiment: intact, or not at all. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createProject } from '../../../main/catalogue/project.ts';
import { parseExperiment } from '../../../main/experiments/experiment.ts';
import type { ExperimentResult } from '../../../main/experiments/run-experiment.ts';
import { readResults, saveExperiment } from '../../../main/experiments/save-experiment.ts';

it('reads intact results, and none that were changed', async () => {
  const root = mkdtempSync(join(tmpdir(), 'understudy-results-'));
  const project = await createProject(join(root, 'project'));
  try {
    const { experiment } = parseExperiment('name: two\ngrid: { select.k: [1, 2] }', 'two.yaml');
    const figure = { mean: 0.5, interval: [0.45, 0.55], perSeed: [0.5] } as const;
    const result: ExperimentResult = {
      ...{ experiment, seeds: [0], labelled: 10, unlabelled: 100, heldOut: 50, device: 'cpu' },
      cells: experiment.cells.map(({ name }, place) => ({
        ...{ name, model: 'finetuned', top1: figure, runs: [{ seed: 0, run: `evaluate-${place}`, top1: 0.5 }] },
        difference: place === 0 ? null : figure,
      })),
    };
    await saveExperiment(project, result);
    const file = project.path('experiments', 'two', 'results.json');
    const text = readFileSync(file, 'utf8');
    expect((await readResults(project, 'two'))?.record).toMatchObject({ name: 'two', heldOut: 50 });
    for (const changed of [text.replace('"heldOut": 50', '"heldOut": 51'), text.slice(0, 100), '']) {
      writeFileSync(file, changed);
      expect(await readResults(project, 'two')).toBeUndefined();
    }
    await saveExperiment(project, result);
    expect(readFileSync(file, 'utf8')).toBe(text);
    // Results of an earlier version have no checksum.
    const { checksum, ...rest } = JSON.parse(text) as Record<string, unknown>;
    expect(checksum).toMatch(/\S/);
    writeFileSync(file, JSON.stringify(rest));
    expect((await readResults(project, 'two'))?.record.name).toBe('two');
    // Another experiment's results in its place are refused.
    writeFileSync(file, text.replace('"name": "two"', '"name": "other"'));
    expect(await readResults(project, 'two')).toBeUndefined();
  } finally {
    await project.close();
    rmSync(root, { recursive: true, force: true });
  }
});
