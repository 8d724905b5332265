/**
 * `npm start`: the desktop application where Electron can run; otherwise one line with the reason, and the same workbench in
 * the browser. Electron's own package fetches the runtime at the first start.
 */
const { spawn } = require('node:child_process');
const { dirname } = require('node:path');
const { electronHere } = require('./electron-here.cjs');

const root = dirname(__dirname);
/** What the desktop application prints when its window is shown: words.open in electron/words.ts. */
const OPEN = 'Understudy is open.';

start();

async function start() {
  const { path, reason } = electronHere({ mayFetch: true });
  if (path === null) return inBrowser(reason);
  const { build } = await import('./build.mjs');
  await build();
  const child = spawn(path, [root, ...process.argv.slice(2)], {
    stdio: ['inherit', 'pipe', 'pipe'],
    windowsHide: false,
    // Set in the terminals of editors that are Electron applications themselves.
    env: { ...process.env, ELECTRON_RUN_AS_NODE: undefined },
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

/** @param {string} reason */
function inBrowser(reason) {
  process.stdout.write(
    `The desktop window cannot be opened (${reason}): this is the same workbench, in your browser.\n`,
  );
  require('./web.cjs');
}
