/**
 * A part of the rehearsal of `npm run gpu-check -- OUT --device cuda` on the stand-in for NVIDIA's driver, with processes of its
 * own as on a card. `npm run rehearse:gpu-check` runs all of it.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { at } from '../../../main/at.ts';
import { CounterRandom } from '../../../main/random.ts';
import { standInLibrary } from '../engines/cuda/stand-in-card.ts';

const root = mkdtempSync(join(tmpdir(), 'understudy-gpu-check-'));
afterAll(() => rmSync(root, { recursive: true }));

const entry = fileURLToPath(new URL('../../../dist/gpu-check.js', import.meta.url));
const library = standInLibrary();
/** Other seeds rehearse with other fixtures. */
const random = new CounterRandom(Number(process.env.REHEARSAL_SEED ?? 1));
const failing = at(['basic', 'grouped', 'convnext'], random.integer(3));

function gpuCheck(args: readonly string[], environment: Readonly<Record<string, string | undefined>>) {
  const env = { ...process.env, UNDERSTUDY_HOME: root, ...environment };
  return new Promise<{ code: number; stdout: string; stderr: string }>((settle) => {
    execFile(process.execPath, [entry, ...args], { env }, (error, stdout, stderr) => {
      settle({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

describe.skipIf(!library)('on the stand-in', () => {
  it('runs the other steps where the driver takes one down, keeps what they found, and fails by name', async () => {
    const output = join(root, 'rehearsal');
    const left = join(root, 'failures');
    writeFileSync(left, '1\n');
    const only = `^parity:forward-small-(${failing}|vit)-`;
    const { code, stdout, stderr } = await gpuCheck([output, '--rehearse', '--only', only], {
      UNDERSTUDY_CUDA_DRIVER: library,
      STAND_IN_FAILS: `abort:1:${left}`,
    });
    const { rehearsal, machine, steps } = JSON.parse(readFileSync(join(output, 'gpu-check.json'), 'utf8'));
    expect(rehearsal).toBe(true);
    expect(machine.device).toMatch(/^cuda: stand-in on the processor/);
    const [aborted = '', passed = ''] = Object.keys(steps);
    expect([aborted, passed].map((name) => name.split('-')[2])).toEqual([failing, 'vit']);
    expect(steps[aborted]).toMatchObject({ ok: false, reason: expect.stringContaining('SIGABRT') });
    expect(steps[passed].lines).toEqual([expect.objectContaining({ event: 'parity', device: 'cuda', passed: true })]);
    expect(stdout).toContain('no figure above is a card’s');
    expect(stderr).toContain(`1 of 2 steps failed (${aborted})`);
    expect(code).toBe(1);
  });

  it('takes no figures of the stand-in for a card’s', async () => {
    const { code, stderr } = await gpuCheck([join(root, 'card'), '--device', 'cuda'], {
      UNDERSTUDY_CUDA_DRIVER: library,
    });
    expect(stderr).toMatch(/The driver is the stand-in on the processor, which measures nothing/);
    expect(code).toBe(2);
  });
});

it('says at once that there is no driver', async () => {
  const { code, stderr } = await gpuCheck([join(root, 'none'), '--device', 'cuda'], {
    UNDERSTUDY_CUDA_DRIVER: join(root, 'libcuda.so.1'),
  });
  expect(stderr).toMatch(/^No NVIDIA driver answers on this computer \(.*\): install it/);
  expect(code).toBe(1);
});
