/**
 * The whole method on the second engine, from the command line: tfjs's own JavaScript backend takes the place of the
 * user's TensorFlow.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openProject } from '../../../main/catalogue/project.ts';
import { TESTED_TRAINING } from '../../../main/doctor/self-test.ts';
import { MeasuredRates } from '../../../main/pipeline/measured-rates.ts';
import { readRuns } from '../../../main/pipeline/runs.ts';
import { startCli } from '../command-line.ts';
import { colouredProject } from '../pipeline/coloured-project.ts';

const root = mkdtempSync(join(tmpdir(), 'understudy-tensorflow-'));
afterAll(() => rmSync(root, { recursive: true }));

/** A package named like the user's, consisting of tfjs-core with its JavaScript backend. */
function installed(): string {
  const require = createRequire(import.meta.url);
  const [core, backend] = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-cpu'].map((name) =>
    require.resolve(name),
  );
  const folder = join(root, 'tensorflow');
  const own = join(folder, 'node_modules', '@tensorflow', 'tfjs-node');
  mkdirSync(own, { recursive: true });
  writeFileSync(
    join(own, 'package.json'),
    '{"name": "@tensorflow/tfjs-node", "version": "4.22.0", "main": "index.js"}',
  );
  const load = `const tf = require(${JSON.stringify(core)}); tf.env().set('IS_TEST', true);`;
  writeFileSync(join(own, 'index.js'), `${load} require(${JSON.stringify(backend)}); module.exports = tf;`);
  return folder;
}

const SMALL = [
  ...['imageSizePx=8', 'batch=8', 'select.k=3', 'select.leakGuard=false', 'select.nearDuplicateGuard=false'],
  ...['teacher.model=small-vit', 'teacher.width=64', 'teacher.blocks=[1]', 'teacher.training.images=16'],
  ...[
    'student.model=small-convnext',
    'student.width=4',
    'student.blocks=[1,1]',
    'pretrain.stochasticDepth=0.5',
    'supervised.training.images=16',
  ],
  ...['pretrain.images=16', 'finetune.images=16'],
];

/** The final results of the method, and each training's last loss. */
async function outcome(name: string, device: string) {
  const project = await colouredProject(join(root, name));
  const { directory } = project;
  await project.close();
  const set = SMALL.flatMap((setting) => ['--set', setting]);
  const home = join(root, `${name}-settings`);
  // The measured speed of a device must not matter here: the JavaScript backend would take minutes to measure.
  const known = { ...TESTED_TRAINING, kind: 'train', imageSizePx: 48, threads: null, imagesPerSecond: 1e6 } as const;
  await new MeasuredRates(home).remember({ ...known, device });
  const asked = ['run', directory, '--device', device, '--json', ...set];
  const finished = await startCli(asked, { UNDERSTUDY_TENSORFLOW: installed(), UNDERSTUDY_HOME: home }).finished;
  expect(finished.code, finished.stderr).toBe(0);
  const again = await openProject(directory);
  try {
    const runs = await readRuns(again);
    return new Map(runs.map((run) => [run.stage, run]));
  } finally {
    await again.close();
  }
}

test('run --device tensorflow takes a ViT and a ConvNeXt from teacher to comparison, as on ONNX Runtime', async () => {
  const [found, wanted] = [await outcome('first', 'tensorflow'), await outcome('second', 'cpu')];
  expect([...found.keys()].sort()).toEqual([...wanted.keys()].sort());
  expect(found.get('evaluate')?.state).toBe('succeeded');
  for (const [stage, run] of found) {
    expect([stage, run.engine, run.device, run.state]).toEqual([stage, 'tensorflow', 'tensorflow', 'succeeded']);
    expect(run.versions).toMatchObject({ '@tensorflow/tfjs-node': '4.22.0' });
    const { finalLoss } = run.metrics;
    if (finalLoss !== undefined) expect(finalLoss).toBeCloseTo(wanted.get(stage)?.metrics.finalLoss ?? Number.NaN, 2);
  }
});
