/** The location of Electron's runtime, or briefly why it cannot run here. */
const { spawnSync } = require('node:child_process');
const { existsSync, readFileSync } = require('node:fs');
const { dirname, join } = require('node:path');

/**
 * @param {{ mayFetch: boolean }} options whether Electron's own package may fetch the runtime, as at the first start
 * @returns {{ path: string, reason: null } | { path: null, reason: string }}
 */
function electronHere({ mayFetch }) {
  const no = (/** @type {string} */ reason) => /** @type {const} */ ({ path: null, reason });
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY)
    return no('there is no display');
  if (process.platform === 'linux' && process.getuid?.() === 0) return no('Electron’s sandbox does not run as root');
  let folder;
  try {
    folder = dirname(require.resolve('electron/package.json'));
  } catch {
    return no('Electron is not installed: run npm ci');
  }
  if (!process.env.ELECTRON_OVERRIDE_DIST_PATH && !isFetched(folder)) {
    if (!mayFetch) return no('Electron’s runtime has not been fetched yet: run npm start once');
    process.stdout.write('Fetching the Electron runtime, once …\n');
    const { status } = spawnSync(process.execPath, [join(folder, 'install.js')], {
      stdio: 'ignore',
      windowsHide: true,
    });
    if (status !== 0) return no('the Electron runtime could not be fetched');
  }
  const path = require('electron');
  return existsSync(path) ? { path, reason: null } : no(`there is no Electron at ${path}`);
}

/** Electron's own module would fetch the runtime again if it is gone. @param {string} folder */
function isFetched(folder) {
  const named = join(folder, 'path.txt');
  return existsSync(named) && existsSync(join(folder, 'dist', readFileSync(named, 'utf8')));
}

module.exports = { electronHere };
