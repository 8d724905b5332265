import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { gpuSteps } from '../../../main/bench/gpu-check-steps.ts';
import { parseCase } from '../../../main/bench/measure.ts';

const program = (name: string) => ['node', `${name}.js`];
const base = { device: 'webgpu', quick: false, output: '/results' } as const;
const peer = { python: 'python3', script: 'bench.py', device: 'cuda' } as const;

it('asks a larger batch only where the smaller one fitted', () => {
  const steps = gpuSteps(base, program);
  const training = steps.filter(({ name }) => name.startsWith('train:resnet50:224'));
  expect(training.map(({ name }) => parseCase(name).batch)).toEqual([16, 32, 64, 128, 256, 512]);
  expect(training.map(({ after }) => after)).toEqual([undefined, ...training.slice(0, -1).map(({ name }) => name)]);
});

it('measures PyTorch beside each case in float32, TF32 and bfloat16, as it is and compiled', () => {
  const steps = gpuSteps({ ...base, peer }, program);
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

it.each(['webgpu', 'cuda'])('runs the CIFAR-10 recipe on the images that are named, on %s', (device) => {
  const steps = gpuSteps({ ...base, device, cifar: '/images' }, program).slice(-5);
  expect(steps.map(({ name }) => name)).toEqual(
    ['new', 'labelled', 'held-out', 'unlabelled', 'run'].map((part) => `cifar:${part}`),
  );
  expect(steps.at(-1)?.command.join(' ')).toBe(
    `node cli.js run /results/cifar --recipe cifar-small --device ${device} --json`,
  );
});

it('asks a card by its driver in bf16 beside PyTorch first, then its plan, then in fp32', () => {
  const steps = gpuSteps({ ...base, device: 'cuda', peer }, program);
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

it('asks the stand-in for NVIDIA’s driver for the same kinds of steps, and plans the goals’ cases as well', () => {
  const kindsOf = (quick: boolean) => {
    const steps = gpuSteps({ ...base, device: 'cuda', quick, peer, cifar: '/images' }, program);
    return { steps, kinds: new Set(steps.map(({ name }) => name.split(':').slice(0, 2).join(':'))) };
  };
  const [card, standIn] = [kindsOf(false), kindsOf(true)];
  expect(standIn.kinds).toEqual(card.kinds);
  const planOf = ({ steps }: typeof card) => steps.find(({ name }) => name === 'plan')?.command ?? [];
  const whole = planOf(card).slice(-6);
  expect(whole).toContain('train:resnet50:224:128');
  expect(planOf(standIn)).toEqual(expect.arrayContaining([...whole, 'train:small-grouped:16:2']));
});
