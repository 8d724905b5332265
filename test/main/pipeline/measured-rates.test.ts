import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { architecture } from '../../../main/models/family.ts';
import { MeasuredRates, rateOf } from '../../../main/pipeline/measured-rates.ts';

const WORK = { kind: 'train', network: architecture('small-basic', 10), imageSizePx: 32 } as const;
const DIRECTML = { device: 'directml', threads: null };

it('keeps what an earlier release measured under the name that it had for the device', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-rates-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const earlier = [{ ...WORK, device: 'dml', imagesPerSecond: 40 }];
  await writeFile(join(folder, 'measured-rates.json'), JSON.stringify(earlier));
  const rates = new MeasuredRates(folder);
  expect(rateOf(WORK, DIRECTML, await rates.all())).toEqual({ imagesPerSecond: 40, rough: false });
  await rates.remember({ ...WORK, ...DIRECTML, imagesPerSecond: 50 });
  expect(await rates.all()).toEqual([{ ...WORK, ...DIRECTML, imagesPerSecond: 50 }]);
});

it('takes a second card for another device', async () => {
  const known = [{ ...WORK, device: 'cuda', threads: null, imagesPerSecond: 900 }];
  expect(rateOf(WORK, { device: 'cuda:1', threads: null }, known)).toBeUndefined();
});
