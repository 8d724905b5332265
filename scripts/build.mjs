/**
 * Bundles what runs under Node into dist/: the command line and the worker thread's entry. Packages stay outside the
 * bundle. Does nothing when no source changed since the last build; replaces files one by one, each atomically, so that a
 * command started meanwhile never reads half a file.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const output = join(root, 'dist');
const stampFile = join(output, 'sources.sha256');

/** @returns {Promise<void>} */
export async function build() {
  const stamp = sourcesStamp();
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  const { build: bundle } = await import('esbuild');
  const result = await bundle({
    absWorkingDir: root,
    entryPoints: {
      cli: 'main/cli/main.ts',
      web: 'main/server/main.ts',
      'compute-worker': 'main/jobs/compute-worker.ts',
      'device-probe': 'main/doctor/device-probe.ts',
      bench: 'main/bench/bench.ts',
    },
    outdir: output,
    bundle: true,
    splitting: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    sourcemap: 'linked',
    logLevel: 'warning',
  });
  mkdirSync(output, { recursive: true });
  const made = new Set(result.outputFiles.map(({ path }) => path));
  for (const { path, contents } of result.outputFiles) writeAtomically(path, contents);
  writeAtomically(stampFile, stamp);
  for (const name of readdirSync(output)) {
    const path = join(output, name);
    const stale = name.startsWith('chunk-') && !made.has(path) && Date.now() - statSync(path).mtimeMs > 60_000;
    if (stale) rmSync(path, { force: true });
  }
}

/** @param {string} path @param {string | Uint8Array} contents */
function writeAtomically(path, contents) {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, contents);
  renameSync(temporary, path);
}

/** The names, sizes and times of everything that goes into the bundle. */
function sourcesStamp() {
  const hash = createHash('sha256');
  for (const file of ['package.json', 'scripts/build.mjs', ...sources('main')]) {
    const { mtimeMs, size } = statSync(join(root, file));
    hash.update(`${file} ${mtimeMs} ${size}\n`);
  }
  return hash.digest('hex');
}

/** @param {string} folder @returns {string[]} */
function sources(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return sources(path);
      return entry.name.endsWith('.ts') ? [path] : [];
    })
    .sort();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await build();
