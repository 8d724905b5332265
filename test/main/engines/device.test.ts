import { expect, it } from 'vitest';
import { CPU, deviceKindNames, deviceName, parseDevice, sameDevice } from '../../../main/engines/device.ts';
import { engineOf, listedDevices, supportedDevices, traitsOf } from '../../../main/engines/engines.ts';

it('has a name for every device, and reads it back, whichever card it is', () => {
  for (const name of deviceKindNames) {
    for (const index of [0, 1, 15]) {
      const device = parseDevice(index === 0 ? name : `${name}:${index}`);
      expect(device).toMatchObject({ index });
      expect(device && deviceName(device)).toBe(index === 0 ? name : `${name}:${index}`);
    }
  }
});

it('reads the names of earlier releases, and nothing that is no name', () => {
  expect(parseDevice('dml')).toEqual(parseDevice('directml'));
  expect(parseDevice('cuda:0')).toEqual(parseDevice('cuda'));
  for (const name of ['', 'auto', 'gpu', 'CPU', 'cuda:', 'cuda:x', 'cuda:-1', 'cuda:1:2', 'cuda 1', 'constructor']) {
    expect(parseDevice(name), name).toBeUndefined();
  }
});

it('tells cards of one kind apart', () => {
  expect(sameDevice({ ...CPU }, CPU)).toBe(true);
  expect(sameDevice({ ...CPU, index: 1 }, CPU)).toBe(false);
  expect(sameDevice({ ...CPU, provider: 'webgpu' }, CPU)).toBe(false);
});

it('knows the processor as the only device that computes in the memory of the host', () => {
  expect(supportedDevices()).toContainEqual(CPU);
  for (const device of listedDevices()) {
    const { keepsStateOnDevice, precisions, title } = traitsOf(device);
    expect(keepsStateOnDevice, title).toBe(!sameDevice(device, CPU));
    expect(precisions).toContain('fp32');
    expect(engineOf(device).devices()).toContainEqual(device);
  }
});
