/**
 * What a device's keeping of buffers costs in memory, measured on the software device: the longest tensors that fit into a given
 * room, as usual and when memory is saved. Part of `npm run test:gpu`.
 */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxRuntimeEngine } from '../../../main/engines/onnxruntime/onnxruntime-engine.ts';
import { EVERYTHING, testedDevices } from './available-devices.ts';

const ROOM_MEBIBYTES = 500;
const LENGTHS = [250_000, 500_000, 1_000_000, 2_000_000];

const [, webgpu] = await testedDevices();
const measurable = EVERYTHING && webgpu?.present && onnxRuntimeEngine.traits(webgpu.device).software && hasPrlimit();

describe.skipIf(!measurable)('on the software device', () => {
  // Beside the packages, which are not bundled.
  const folder = measurable
    ? mkdtempSync(fileURLToPath(new URL('../../../node_modules/.cache/memory-', import.meta.url)))
    : '';
  const measuring = join(folder, 'measuring.mjs');
  beforeAll(async () => {
    const source = fileURLToPath(new URL('webgpu-memory-process.ts', import.meta.url));
    const packages = { packages: 'external', platform: 'node', format: 'esm' } as const;
    await build({ entryPoints: [source], outfile: measuring, bundle: true, ...packages });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('longer tensors fit when memory is saved; what does not fit is known as a lack of memory', async () => {
    const longest = async (way: 'fast' | 'saving') => {
      const args = [measuring, String(ROOM_MEBIBYTES), way, ...LENGTHS.map(String)];
      const { stdout } = await promisify(execFile)(process.execPath, args);
      const lines = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { length: number; fits: boolean });
      expect(lines.map(({ length }) => length)).toEqual(LENGTHS);
      return Math.max(0, ...lines.filter(({ fits }) => fits).map(({ length }) => length));
    };
    const [fast, saving] = [await longest('fast'), await longest('saving')];
    expect(fast).toBeGreaterThan(0);
    expect(fast).toBeLessThan(Math.max(...LENGTHS));
    expect(saving).toBeGreaterThanOrEqual(2 * fast);
  });
});

function hasPrlimit(): boolean {
  try {
    execFileSync('prlimit', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
