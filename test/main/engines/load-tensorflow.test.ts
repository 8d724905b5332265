/** TensorFlow is found where the user installed it; stand-ins for its packages are in a folder of their own. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import util from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { chooseDevice } from '../../../main/doctor/choose-device.ts';
import type { Device } from '../../../main/engines/device.ts';
import { DeviceAbsent } from '../../../main/engines/device-failures.ts';
import { PROCESSOR } from '../../../main/engines/engine.ts';
import { engineOf, listedDevices, supportedDevices, traitsOf } from '../../../main/engines/engines.ts';
import { loadTensorFlow } from '../../../main/engines/tensorflow/load-tensorflow.ts';
import { softwareVersions } from '../../../main/pipeline/versions.ts';

const TENSORFLOW: Device<'tensorflow'> = { engine: 'tensorflow', provider: 'installed', index: 0 };

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-tensorflow-'));
  process.env.UNDERSTUDY_TENSORFLOW = folder;
});
afterEach(() => {
  delete process.env.UNDERSTUDY_TENSORFLOW;
  rmSync(folder, { recursive: true, force: true });
});

it('says how to install it if it is missing, and is then no device', async () => {
  expect(supportedDevices()).not.toContainEqual(TENSORFLOW);
  expect(listedDevices()).toContainEqual(TENSORFLOW);
  expect(() => loadTensorFlow()).toThrow(DeviceAbsent);
  expect(engineOf(TENSORFLOW).absence(TENSORFLOW)).toMatch(
    /npm install @tensorflow\/tfjs-node-gpu.*UNDERSTUDY_TENSORFLOW/,
  );
  await expect(chooseDevice('tensorflow')).rejects.toThrow(DeviceAbsent);
});

it('takes the edition for GPUs before the one for processors, and names it in the record of a run', async () => {
  install('@tensorflow/tfjs-node', 'exports.version_core = "processor";');
  expect(loadTensorFlow().version_core).toBe('processor');
  expect(traitsOf(TENSORFLOW).hardware).toBe(PROCESSOR);
  install('@tensorflow/tfjs-node-gpu', 'exports.version_core = "gpu";');
  expect(loadTensorFlow().version_core).toBe('gpu');
  expect(traitsOf(TENSORFLOW).hardware).toBe('card 0');
  expect(supportedDevices().at(-1)).toEqual(TENSORFLOW);
  expect(await chooseDevice('tensorflow')).toEqual(TENSORFLOW);
  expect(softwareVersions(TENSORFLOW)).toMatchObject({ '@tensorflow/tfjs-node-gpu': '4.22.0' });
});

it('restores functions that newer versions of Node have removed, and leaves existing ones', () => {
  const known: { isArray?: unknown; isNullOrUndefined?: unknown } = util;
  const before = { isArray: known.isArray, isNullOrUndefined: known.isNullOrUndefined };
  const own = () => true;
  try {
    delete known.isNullOrUndefined;
    known.isArray = own;
    const use = 'const util = require("util"); exports.version_core = String(util.isNullOrUndefined(null));';
    install('@tensorflow/tfjs-node-gpu', use);
    expect(loadTensorFlow().version_core).toBe('true');
    expect(known.isArray).toBe(own);
  } finally {
    Object.assign(util, before);
  }
});

it('says what keeps an installed one from starting', () => {
  install('@tensorflow/tfjs-node', 'throw new Error("The native addon can not be found\\nRun npm rebuild");');
  expect(() => loadTensorFlow()).toThrow(
    /^@tensorflow\/tfjs-node 4\.22\.0 .* \(The native addon can not be found\): choose/,
  );
});

it('loads the library that an installed one hands on', async () => {
  const here = createRequire(import.meta.url);
  const source = (name: string) => JSON.stringify(here.resolve(name));
  install(
    '@tensorflow/tfjs-node',
    `module.exports = require(${source('@tensorflow/tfjs-core')}); require(${source('@tensorflow/tfjs-backend-cpu')});`,
  );
  expect(loadTensorFlow().version_core).toBe('4.22.0');
});

function install(name: string, code: string): void {
  const home = join(folder, 'node_modules', name);
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'package.json'), JSON.stringify({ name, version: '4.22.0', main: 'index.js' }));
  writeFileSync(join(home, 'index.js'), code);
}
