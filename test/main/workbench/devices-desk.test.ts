import { expect, it } from 'vitest';
import type { DeviceFinding } from '../../../main/doctor/examine-devices.ts';
import { CPU as CPU_DEVICE, type Device } from '../../../main/engines/device.ts';
import { traitsOf } from '../../../main/engines/engines.ts';
import { DevicesDesk } from '../../../main/workbench/desks/devices-desk.ts';
import { closeContext, newContext, until } from './workbench-context.ts';

const CUDA: Device = { engine: 'cuda', provider: 'driver', index: 1 };
const CPU: DeviceFinding = {
  device: CPU_DEVICE,
  traits: { ...traitsOf(CPU_DEVICE), title: 'A processor', memoryBytes: 2 ** 34 },
  report: { works: true, worstError: 0, imagesPerSecond: 90 },
};
const GPU: DeviceFinding = {
  device: CUDA,
  traits: { ...traitsOf(CUDA), title: 'A GPU' },
  report: { works: false, reason: 'no driver' },
};

it('examines once in the background, then shows the findings with the free memory and disk', async () => {
  const { context, projectId, folder } = await newContext();
  let examinations = 0;
  let letGo: () => void = () => undefined;
  const open = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const desk = new DevicesDesk(context, async function* () {
    examinations++;
    await open;
    yield GPU;
    yield CPU;
  });
  expect(await desk.view(projectId)).toMatchObject({ devices: null, chosen: null, disk: folder });
  letGo();
  await until(context, context.jobs.list()[0]?.id ?? '', 'succeeded');
  const view = await desk.view(projectId);
  expect(view.devices).toEqual([
    {
      device: 'cuda:1',
      name: 'A GPU',
      onProcessor: false,
      precisions: ['fp32', 'bf16'],
      memoryBytes: null,
      software: false,
      works: false,
      reason: 'no driver',
      worstError: null,
      imagesPerSecond: null,
      bf16: null,
    },
    {
      device: 'cpu',
      name: 'A processor',
      onProcessor: true,
      precisions: ['fp32'],
      memoryBytes: 2 ** 34,
      software: false,
      works: true,
      reason: null,
      worstError: 0,
      imagesPerSecond: 90,
      bf16: null,
    },
  ]);
  expect(view).toMatchObject({ chosen: 'cpu', why: 'The only one that passes its test.' });
  expect(view.memoryFreeBytes).toBeLessThanOrEqual(view.memoryBytes);
  expect(view.diskFreeBytes).toBeGreaterThan(0);
  expect(examinations).toBe(1);
  await closeContext(context);
});

it('shuts down at once although a device hangs in its test', async () => {
  const { context } = await newContext();
  const desk = new DevicesDesk(context, async function* () {
    yield CPU;
    await new Promise(() => undefined);
  });
  const job = await desk.examine();
  expect((await desk.examine()).id).toBe(job.id);
  await closeContext(context);
  expect(context.jobs.list()).toMatchObject([{ id: job.id, state: 'interrupted' }]);
});
