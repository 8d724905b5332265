import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { probeInNode } from '../../../main/doctor/probe-runner.ts';

const folder = mkdtempSync(join(tmpdir(), 'understudy-probe-'));
afterAll(() => rmSync(folder, { recursive: true }));

it.each([
  ['aborts', 'process.kill(process.pid, "SIGABRT")', 'its process was ended by SIGABRT, as by a driver that aborts'],
  ['says why', 'console.error("first\\nno library"); process.exitCode = 3', 'no library'],
  ['says nothing', 'process.exitCode = 3', 'it ended with code 3'],
])('tells how the test of a device ended that %s', async (name, script, wanted) => {
  const entry = join(folder, `${name.replaceAll(' ', '-')}.cjs`);
  writeFileSync(entry, script);
  await expect(probeInNode(entry, 'cuda', 60_000)).rejects.toThrow(wanted);
});

it('tells that the test of a device took too long', async () => {
  const entry = join(folder, 'endless.cjs');
  writeFileSync(entry, 'setInterval(() => {}, 1000)');
  await expect(probeInNode(entry, 'cuda', 1)).rejects.toThrow('it took longer than 0.001 s');
});
