import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { gpuSteps } from '../../../main/bench/gpu-check-steps.ts';
import { cardTable } from '../../../main/bench/gpu-check-table.ts';
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

it('asks a card by its driver in bf16 beside PyTorch first, then its plan, then in fp32', () => {
  const steps = gpuSteps({ ...base, device: 'cuda', python: 'python3', peer: 'bench.py' }, program);
  expect(steps.map(({ name }) => name).slice(0, 5)).toEqual([
    ...['doctor', 'bf16:infer:resnet50:224:128', 'pytorch-bf16:infer:resnet50:224:128'],
    ...['bf16:train:resnet50:224:128', 'pytorch-bf16:train:resnet50:224:128'],
  ]);
  const plan = steps.findIndex(({ name }) => name === 'plan');
  expect(steps.slice(0, plan).some(({ name }) => name.includes('fp32'))).toBe(false);
  expect(steps.slice(plan + 1).every(({ name }) => name.includes('fp32'))).toBe(true);
  for (const { name } of steps.filter((step) => /^(bf16|fp32):/.test(step.name))) {
    expect(() => parseCase(name.slice('bf16:'.length))).not.toThrow();
  }
});

it('puts figures, PyTorch’s and the least time into one table, and why there is none', () => {
  const step = (line: object) => ({ ok: true, seconds: 1, lines: [line] });
  const plan = { case: 'train:a:32:4', batch: 4, launches: 9, limits: [{ card: 'H100 SXM', seconds: 0.001 }] };
  const table = cardTable({
    plan: step(plan),
    'bf16:train:a:32:4': step({ images_per_s: 300 }),
    'pytorch-bf16:train:a:32:4': step({ images_per_s: 600 }),
    'fp32:train:a:32:4': { ok: false, seconds: 0, lines: [], reason: 'not done within 60 s' },
  });
  expect(table?.split('\n').map((row) => row.trim().split(/ {2,}/))).toEqual([
    ['case', 'precision', 'images/s', 'PyTorch', 'ratio', 'launches', 'no faster than, images/s'],
    ['train:a:32:4', 'bf16', '300', '600', '0.5', '9', 'H100 SXM 4000'],
    ['train:a:32:4', 'fp32', 'not done within 60 s'],
  ]);
  expect(cardTable({ doctor: step({}) })).toBeUndefined();
});
