import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { gpuSteps } from '../../../main/bench/gpu-check-steps.ts';
import { parseCase } from '../../../main/bench/measure.ts';

const program = (name: string) => ['node', `${name}.js`];
const base = { device: 'webgpu', quick: false, output: '/results' } as const;

it('asks a larger batch only where the smaller one fitted', () => {
  const steps = gpuSteps(base, program);
  const training = steps.filter(({ name }) => name.startsWith('train:resnet50:224'));
  expect(training.map(({ name }) => parseCase(name).batch)).toEqual([16, 32, 64, 128, 256, 512]);
  expect(training.map(({ after }) => after)).toEqual([undefined, ...training.slice(0, -1).map(({ name }) => name)]);
});

it('measures PyTorch beside each case in float32, TF32 and bfloat16, as it is and compiled', () => {
  const steps = gpuSteps({ ...base, python: 'python3', peer: 'bench.py' }, program);
  const beside = steps.filter(({ name }) => name.endsWith(':infer:resnet50:224:16'));
  const variants = ['fp32', 'tf32', 'bf16', 'bf16-compiled'].map((variant) => `pytorch-${variant}`);
  expect(beside.map(({ name }) => name.split(':')[0])).toEqual(variants);
  for (const { command } of beside) expect(command).toEqual(expect.arrayContaining(['python3', 'bench.py', 'cuda']));
});

it('asks a software stand-in for small networks only', () => {
  const fixtures = mkdtempSync(join(tmpdir(), 'fixtures-'));
  for (const name of ['forward-resnet50-96-2.json', 'forward-small-basic-32-4.json', 'notes.txt']) {
    writeFileSync(join(fixtures, name), '{}');
  }
  const names = gpuSteps({ ...base, quick: true, fixtures }, program).map(({ name }) => name);
  expect(names.filter((name) => name.startsWith('parity'))).toEqual(['parity:forward-small-basic-32-4.json']);
  expect(names.join()).not.toMatch(/resnet50|demo/);
});

it('runs the CIFAR-10 recipe on the images that are named', () => {
  const names = gpuSteps({ ...base, cifar: '/images' }, program).map(({ name }) => name);
  expect(names.slice(-5)).toEqual(['new', 'labelled', 'held-out', 'unlabelled', 'run'].map((part) => `cifar:${part}`));
});
