/** `npm start`: the desktop where Electron runs; otherwise one line with the reason, and the browser's host. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { temporaryHome } from './open-desktop.ts';

const POLL = { timeout: 120_000, interval: 200 };
const unixOnly = it.skipIf(process.platform === 'win32');
const started: ChildProcess[] = [];

afterEach(async () => {
  for (const child of started.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const exit = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await exit;
  }
});

/** With a display reported as present, and not as root, unless given otherwise. */
function start(electron: string | null, environment: NodeJS.ProcessEnv = { DISPLAY: ':9' }) {
  const home = temporaryHome();
  const notRoot = join(home, 'not-root.cjs');
  writeFileSync(notRoot, 'process.getuid = () => 1000;');
  const distribution = join(home, 'electron');
  mkdirSync(distribution);
  if (electron !== null) writeFileSync(join(distribution, 'electron'), `#!/bin/sh\n${electron}\n`, { mode: 0o755 });
  const { DISPLAY: _display, WAYLAND_DISPLAY: _wayland, ...inherited } = process.env;
  const child = spawn(process.execPath, ['--require', notRoot, 'scripts/start.cjs', '--port', '0'], {
    env: { ...inherited, UNDERSTUDY_HOME: home, ELECTRON_OVERRIDE_DIST_PATH: distribution, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  started.push(child);
  let said = '';
  child.stdout?.on('data', (data: Buffer) => {
    said += data;
  });
  return { said: () => said, child };
}

unixOnly('says in one line that there is no display, and serves the browser', async () => {
  const { said } = start(null, {});
  await expect.poll(said, POLL).toContain('token=');
  expect(said().split('\n')[0]).toMatch(
    /^The desktop window cannot be opened \(there is no (display|Electron at .*)\): /,
  );
});

it.skipIf(process.platform === 'win32' || existsSync('node_modules/electron/path.txt'))(
  'says in one line that Electron’s runtime could not be fetched, and serves the browser (skipped where it is here)',
  async () => {
    const nowhere = { ELECTRON_OVERRIDE_DIST_PATH: undefined, ELECTRON_MIRROR: 'http://127.0.0.1:1/' };
    const { said } = start(null, { DISPLAY: ':9', ...nowhere, electron_config_cache: join(temporaryHome(), 'cache') });
    await expect.poll(said, POLL).toContain('token=');
    expect(said().split('\n').slice(0, 2)).toEqual([
      'Fetching the Electron runtime, once …',
      expect.stringMatching(/^The desktop window cannot be opened \(the Electron runtime could not be fetched\): /),
    ]);
  },
);

unixOnly('says why Electron ended without a window, and serves the browser', async () => {
  const { said } = start('echo "Missing X server or $DISPLAY" >&2; exit 1');
  await expect.poll(said, POLL).toContain('token=');
  expect(said().split('\n')[0]).toBe(
    'The desktop window cannot be opened (Electron cannot open a window here: Missing X server or :9): this is the same workbench, in your browser.',
  );
});

unixOnly(
  'opens the desktop with the application’s folder and the arguments, and leaves the browser alone',
  async () => {
    const { said, child } = start('echo "Understudy is open."; echo "$@"; exit 0');
    await expect.poll(() => child.exitCode, POLL).toBe(0);
    expect(said()).toBe(`Understudy is open.\n${process.cwd()} --port 0\n`);
  },
);
