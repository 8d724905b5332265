/**
 * Bundles the Node programs into dist/, with all packages except those with native parts (a process starts in half the time),
 * and the page for the browser into dist/renderer/. Does nothing if no source changed since the last build; replaces files one
 * by one, each atomically, so that a command started meanwhile never reads half a file.
 */
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** The part of a bundle that an earlier build left. */
const HASHED = /^([a-z-]+-[0-9A-Z]{8}\.js|renderer[\\/].*-[0-9A-Z]{8}\.)/;

/** Packages with native parts, which they find by their own location; and the one that a user installs. */
const OUTSIDE = ['onnxruntime-node', '@duckdb/node-bindings*', 'sharp', 'koffi', '@tensorflow/*', 'electron'];
/** Optional dependencies of bundled packages, which they would load if installed. */
const UNUSED = ['msgpackr-extract', 'pg', '@valkey/valkey-glide'];
/** Bundled CommonJS code loads Node's own modules this way. */
const REQUIRE =
  "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);";

/** @param {string} output another folder than dist/: for a package, without files of an earlier build */
export async function build(output = join(root, 'dist')) {
  const stampFile = join(output, 'sources.sha256');
  const [known, knownContent] = existsSync(stampFile) ? readFileSync(stampFile, 'utf8').split('\n') : [];
  const stamp = sourcesStamp(({ mtimeMs, size }) => `${mtimeMs} ${size}`);
  if (known === stamp) return;
  // Copying an installation changes only its times.
  const content = sourcesStamp((_, file) => createHash('sha256').update(readFileSync(file)).digest('hex'));
  const writable = mayWrite(output);
  if (knownContent === content) {
    if (writable) writeAtomically(stampFile, `${stamp}\n${content}`);
    return;
  }
  if (!writable) return requireBuilt(output);
  const { build: bundle } = await import('esbuild');
  const result = await bundle({
    absWorkingDir: root,
    entryPoints: {
      cli: 'main/cli/start.ts',
      web: 'main/server/start.ts',
      'batch-worker': 'main/jobs/batch-worker.ts',
      'compute-process': 'main/jobs/compute-process.ts',
      'compute-worker': 'main/jobs/compute-worker.ts',
      'device-probe': 'main/doctor/device-probe.ts',
      bench: 'main/bench/bench.ts',
      'gpu-check': 'main/bench/gpu-check.ts',
      scale: 'main/bench/scale.ts',
      desktop: 'electron/desktop.ts',
    },
    outdir: output,
    bundle: true,
    splitting: true,
    chunkNames: 'chunk-[hash]',
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: [...OUTSIDE, ...UNUSED],
    banner: { js: REQUIRE },
    sourcemap: 'linked',
    logLevel: 'warning',
  });
  const page = await buildPage(bundle, output);
  const shell = await buildShell(bundle, output);
  const inputs = [result.metafile, page.metafile].flatMap((metafile) => Object.keys(metafile.inputs));
  const packages = { path: join(output, 'packages.json'), contents: JSON.stringify(packagesOf(inputs)) };
  const files = [...result.outputFiles, ...shell, ...page.files, packages];
  const made = new Set(files.map(({ path }) => path));
  for (const { path, contents } of files) {
    mkdirSync(dirname(path), { recursive: true });
    writeAtomically(path, contents);
  }
  writeAtomically(stampFile, `${stamp}\n${content}`);
  for (const name of readdirSync(output, { recursive: true, encoding: 'utf8' })) {
    const path = join(output, name);
    if (!HASHED.test(name) || made.has(path)) continue;
    // Another process that builds at the same time may have removed it.
    const changedMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - changedMs > 60_000) rmSync(path, { force: true });
  }
}

/**
 * What Electron itself loads: the entry, and the preload, which is sandboxed and cannot load other modules. Both CommonJS.
 * @param {typeof import('esbuild').build} bundle
 * @param {string} output
 */
async function buildShell(bundle, output) {
  const { outputFiles } = await bundle({
    absWorkingDir: root,
    entryPoints: { main: 'electron/main.ts', preload: 'electron/preload.ts' },
    outdir: output,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    external: ['electron'],
    logLevel: 'warning',
  });
  return outputFiles;
}

/**
 * The page for the browser: views are loaded on demand, and names contain a hash of the content.
 * @param {typeof import('esbuild').build} bundle
 * @param {string} output
 */
async function buildPage(bundle, output) {
  const folder = join(output, 'renderer');
  const { outputFiles, metafile } = await bundle({
    absWorkingDir: root,
    entryPoints: { page: 'renderer/main.tsx' },
    outdir: folder,
    entryNames: '[name]-[hash]',
    chunkNames: 'chunks/[name]-[hash]',
    assetNames: 'files/[name]-[hash]',
    publicPath: '/',
    bundle: true,
    splitting: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    jsx: 'automatic',
    loader: { '.module.css': 'local-css', '.svg': 'file', '.woff2': 'file' },
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'warning',
  });
  const made = Object.entries(metafile.outputs);
  const [script = ''] = made.find(([, { entryPoint }]) => entryPoint === 'renderer/main.tsx') ?? [];
  // The bundler does not load a view's styles with the view; all of them together are small. The page's own come first.
  const styles = made
    .map(([path]) => path)
    .filter((path) => path.endsWith('.css'))
    .sort((a, b) => a.split('/').length - b.split('/').length);
  const name = (/** @type {string} */ path) => relative(folder, join(root, path)).replaceAll('\\', '/');
  const html = readFileSync(join(root, 'renderer/index.html'), 'utf8')
    .replace('{script}', name(script))
    .replace('{styles}', styles.map((path) => `<link rel="stylesheet" href="/${name(path)}" />`).join('\n    '));
  const files = [
    ...outputFiles,
    { path: join(folder, 'index.html'), contents: html },
    { path: join(folder, 'icon.svg'), contents: readFileSync(join(root, 'assets/icon.svg')) },
  ];
  return { files, metafile };
}

/** The bundled packages, for the list of licences. @param {readonly string[]} inputs */
function packagesOf(inputs) {
  const names = inputs.flatMap((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []);
  return [...new Set(names)].sort();
}

/** @param {string} path @param {string | Uint8Array} contents */
function writeAtomically(path, contents) {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, contents);
  renameSync(temporary, path);
}

/**
 * For everything that goes into the bundle.
 * @param {(stat: import('node:fs').Stats, file: string) => string} fact what is recorded of each file
 */
function sourcesStamp(fact) {
  const hash = createHash('sha256');
  for (const file of [
    'package.json',
    'scripts/build.mjs',
    'assets/icon.svg',
    ...sources('electron'),
    ...sources('main'),
    ...sources('renderer'),
  ]) {
    const path = join(root, file);
    hash.update(`${file} ${fact(statSync(path), path)}\n`);
  }
  return hash.digest('hex');
}

/** The installation belongs to another user, or its disk is read-only. @param {string} folder */
function mayWrite(folder) {
  try {
    accessSync(existsSync(folder) ? folder : root, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Then the existing build is used. @param {string} output */
function requireBuilt(output) {
  if (existsSync(join(output, 'sources.sha256'))) {
    process.stderr.write(
      `${output} may not be written: what was built there is used, though its sources have changed.\n`,
    );
    return;
  }
  const message = `Understudy is not built yet, and ${output} may not be written: have its owner run “npm run build” there.`;
  throw Object.assign(new Error(message), { code: 'UNBUILT' });
}

/** @param {string} folder @returns {string[]} */
function sources(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return sources(path);
      return /\.(tsx?|css|html|json)$/.test(entry.name) ? [path] : [];
    })
    .sort();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await build();
