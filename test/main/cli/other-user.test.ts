/** The program belongs to another user: running it writes nothing beside it, and not everything is readable. */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { writeJpeg } from '../image-files.ts';

const NOBODY = 65534;
const CLI = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url));

it.skipIf(!canBeNobody())(
  'a user without any files or home folder can make a project, and unreadable files are reported',
  async () => {
    const root = mkdtempSync(join(tmpdir(), 'understudy-nobody-'));
    try {
      chmodSync(root, 0o777);
      for (const name of ['ant/1.jpg', 'bee/2.jpg', 'bee/locked.jpg', 'secret/3.jpg'])
        await writeJpeg(join(root, 'images', name));
      chmodSync(join(root, 'images/bee/locked.jpg'), 0o600);
      chmodSync(join(root, 'images/secret'), 0o700);
      const project = join(root, 'project');
      expect(await asNobody('new', project)).toMatchObject({ code: 0, stderr: '' });
      const added = await asNobody('add', project, '--labelled', join(root, 'images'));
      expect(added).toMatchObject({ code: 0, stderr: '' });
      expect(added.stdout).toMatch(/^2 images in .*: ant 1, bee 1\n/);
      expect(added.stdout).toMatch(/bee\/locked\.jpg: the file may not be read/);
      expect(added.stdout).toMatch(/secret: the folder may not be read/);
      expect(await asNobody('status', project)).toMatchObject({ code: 0, stderr: '' });
      const foreign = join(root, 'foreign');
      mkdirSync(foreign, { mode: 0o755 });
      expect(await asNobody('new', join(foreign, 'project'))).toEqual({
        code: 1,
        stdout: '',
        stderr: expect.stringMatching(
          /^The folder .* may not be written: change its permissions or choose another\.\n$/,
        ),
      });
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  },
  120_000,
);

async function asNobody(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const { UNDERSTUDY_HOME: _, ...env } = process.env;
  const child = spawn(process.execPath, [CLI, ...args], {
    ...{ uid: NOBODY, gid: NOBODY, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] },
    env: { ...env, HOME: '/nonexistent' },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (data) => {
    stdout += data;
  });
  child.stderr?.on('data', (data) => {
    stderr += data;
  });
  return await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** The program has to be readable by others, which a checkout in a home folder may not be. */
function canBeNobody(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  try {
    execFileSync(process.execPath, ['-e', `require('fs').accessSync(${JSON.stringify(CLI)})`], {
      ...{ uid: NOBODY, gid: NOBODY, stdio: 'ignore' },
    });
    return true;
  } catch {
    return false;
  }
}
