/**
 * `npm run package`: builds the application and packages it for this platform, as a folder; with `--installers` as the files
 * that people install. UNDERSTUDY_ELECTRON_DIST names an unpacked Electron or its zip, so that nothing is fetched.
 */
import { lstatSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import builder from 'electron-builder';
import { build } from './build.mjs';
import { licences } from './licences.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const configuration = createRequire(import.meta.url)('../electron-builder.cjs');
const BUILT = configuration.files.find((/** @type {unknown} */ pattern) => typeof pattern === 'object').from;
const electronDist = process.env.UNDERSTUDY_ELECTRON_DIST;
const installers = process.argv.includes('--installers');

rmSync(join(root, BUILT), { recursive: true, force: true });
await build(join(root, BUILT));
const bundled = JSON.parse(readFileSync(join(root, BUILT, 'packages.json'), 'utf8'));
writeFileSync(join(root, BUILT, 'package.json'), '{ "type": "module" }\n');
writeFileSync(join(root, BUILT, 'licences.txt'), licences(root, bundled));
await builder.build({
  projectDir: root,
  targets: builder.Platform.current().createTarget(installers ? undefined : builder.DIR_TARGET),
  // Combined with electron-builder.cjs, which the packager reads itself.
  config: {
    ...(electronDist === undefined ? {} : { electronDist }),
    ...(process.env.UNDERSTUDY_RELEASE === undefined
      ? {}
      : { directories: { ...configuration.directories, output: process.env.UNDERSTUDY_RELEASE } }),
    // The page that Electron shows when it has no application.
    afterExtract: ({ appOutDir, packager }) => {
      rmSync(join(packager.getResourcesDir(appOutDir), 'default_app.asar'), { force: true });
    },
    afterPack: ({ appOutDir, packager }) => {
      printSizes(appOutDir, packager.getResourcesDir(appOutDir));
    },
  },
  publish: 'never',
});

/** @param {string} folder @param {string} resources */
function printSizes(folder, resources) {
  /** @type {Map<string, number>} */
  const parts = new Map();
  for (const path of filesIn(folder)) {
    const part = partOf(relative(resources, path).replaceAll('\\', '/'));
    parts.set(part, (parts.get(part) ?? 0) + lstatSync(path).size);
  }
  const rows = [...parts].sort(([, a], [, b]) => b - a);
  const total = rows.reduce((sum, [, bytes]) => sum + bytes, 0);
  process.stdout.write(`\n${folder}\n`);
  for (const [part, bytes] of [...rows, ['in all', total]]) {
    process.stdout.write(`${(Number(bytes) / 2 ** 20).toFixed(1).padStart(8)} MiB  ${part}\n`);
  }
}

/** @param {string} path inside the resources */
function partOf(path) {
  if (path.startsWith('..')) return 'Electron';
  const [, name] = /^app\.asar\.unpacked\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path) ?? [];
  if (name) return name;
  return path.startsWith('app.asar.unpacked/') ? 'threads' : (path.split('/')[0] ?? path);
}

/** @param {string} folder @returns {string[]} */
function filesIn(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
