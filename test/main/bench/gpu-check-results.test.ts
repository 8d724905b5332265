import { expect, it } from 'vitest';
import { cardResults, kernelTables, resultsTable } from '../../../main/bench/gpu-check-results.ts';

const step = (line: object) => ({ ok: true, seconds: 1, lines: [line] });
const plan = {
  case: 'train:resnet50:224:128',
  batch: 128,
  launches: 9,
  limits: [{ card: 'H100 SXM', seconds: 0.016 }],
};

it('puts figures, PyTorch’s, the goal and the least time into one table, and why there is no figure', () => {
  const results = cardResults({
    plan: step(plan),
    'bf16:train:resnet50:224:128': step({ images_per_s: 300 }),
    'pytorch-bf16:train:resnet50:224:128': step({ images_per_s: 600 }),
    'bf16:infer:resnet50:224:128': step({ images_per_s: 300 }),
    'pytorch-bf16:infer:resnet50:224:128': step({ images_per_s: 600 }),
    'bf16:train:small-basic:32:512': step({ images_per_s: 70_000 }),
    'fp32:train:resnet50:224:128': { ok: false, seconds: 0, lines: [], reason: 'not done within 60 s' },
  });
  const rows = resultsTable(results)
    .split('\n')
    .map((row) => row.trim().split(/ {2,}/));
  expect(rows).toEqual([
    ['case', 'precision', 'images/s', 'PyTorch', 'ratio', 'goal', 'launches', 'no faster than, images/s'],
    ['train:resnet50:224:128', 'bf16', '300', '600', '0.5', '0.6, not met', '9', 'H100 SXM 8000'],
    ['infer:resnet50:224:128', 'bf16', '300', '600', '0.5', '0.5, met'],
    ['train:small-basic:32:512', 'bf16', '70000', '1'],
    ['train:resnet50:224:128', 'fp32', 'not done within 60 s'],
  ]);
});

it('lists what was only planned without a figure', () => {
  expect(cardResults({ plan: step(plan) })).toEqual([
    {
      ...{ case: 'train:resnet50:224:128', precision: 'bf16', images_per_s: null, reason: 'not run' },
      ...{ pytorch_images_per_s: null, ratio: null, launches: 9, limits: { 'H100 SXM': 8000 } },
    },
  ]);
});

it('has no results where no card was measured in this way', () => {
  expect(cardResults({ doctor: step({}) })).toEqual([]);
});

it('tells where the time of a case goes, kernel by kernel', () => {
  const kernel = (name: string, milliseconds: number) => ({
    ...{ kernel: name, launches: 3, milliseconds, bytes: 2e9, multiplyAdds: 0 },
    limits: [{ card: 'H100 SXM', seconds: 0.001 }],
  });
  const kernels = [kernel('conv', 3), kernel('relu', 1)];
  const results = cardResults({ 'bf16:train:a:32:4': step({ images_per_s: 300, kernels }) });
  expect(results[0]?.kernels).toEqual(kernels);
  const [text = ''] = kernelTables(results);
  expect(text.split('\n').map((row) => row.trim().split(/ {2,}/))).toEqual([
    ['train:a:32:4 in bf16, kernel by kernel:'],
    ['kernel', 'launches', 'ms', 'share', 'GB', 'H100 SXM, ms'],
    ['conv', '3', '3', '75 %', '2', '1'],
    ['relu', '3', '1', '25 %', '2', '1'],
  ]);
});
