/**
 * `npm start`: the desktop application where Electron can run here; else one line why, and the same workbench in the browser.
 * Electron's runtime is fetched at the first start, by Electron's own package.
 */
const { spawn, spawnSync } = require('node:child_process');
const { existsSync } = require('node:fs');
const { dirname, join } = require('node:path');

const root = dirname(__dirname);
/** What the desktop application writes when its window is shown: words.open in electron/words.ts. */
const OPEN = 'Understudy is open.';

start();

async function start() {
  const { path, reason } = electronHere();
  if (path === undefined) return inBrowser(reason);
  const { build } = await import('./build.mjs');
  await build();
  const child = spawn(path, [root, ...process.argv.slice(2)], {
    stdio: ['inherit', 'pipe', 'pipe'],
    windowsHide: false,
  });
  let opened = false;
  let said = '';
  child.stdout.on('data', (data) => {
    opened ||= String(data).includes(OPEN);
    process.stdout.write(data);
  });
  child.stderr.on('data', (data) => {
    said = `${said}${data}`.slice(-4000);
    if (opened) process.stderr.write(data);
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(code === 0 ? null : `it ended with ${signal ?? `code ${code}`}`));
  });
  const failure = await ended;
  if (failure === null) return;
  if (opened) process.exitCode = 1;
  else inBrowser(`Electron cannot open a window here: ${said.trim().split('\n').at(-1) || failure}`);
}

/** @returns {{ path?: string, reason: string }} */
function electronHere() {
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) {
    return { reason: 'there is no display' };
  }
  if (process.platform === 'linux' && process.getuid?.() === 0) {
    return { reason: 'Electron does not run as root, since its sandbox does not' };
  }
  let folder;
  try {
    folder = dirname(require.resolve('electron/package.json'));
  } catch {
    return { reason: 'Electron is not installed: run npm ci' };
  }
  if (!process.env.ELECTRON_OVERRIDE_DIST_PATH && !existsSync(join(folder, 'path.txt'))) {
    process.stdout.write('Fetching the Electron runtime, once …\n');
    const { status } = spawnSync(process.execPath, [join(folder, 'install.js')], {
      stdio: 'ignore',
      windowsHide: true,
    });
    if (status !== 0) return { reason: 'the Electron runtime could not be fetched' };
  }
  const path = require('electron');
  return existsSync(path) ? { path, reason: '' } : { reason: `there is no Electron at ${path}` };
}

/** @param {string} reason */
function inBrowser(reason) {
  process.stdout.write(
    `The desktop window cannot be opened (${reason}): this is the same workbench, in your browser.\n`,
  );
  require('./web.cjs');
}
