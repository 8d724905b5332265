/** The package as `npm run package` makes it, around a stand-in for Electron: its contents, and that it works elsewhere. */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { licencesFor } from '../../electron/desktop.ts';
import { writeJpeg } from '../main/image-files.ts';
import { fusesOf, writeElectronDistribution } from './electron-distribution.ts';

const run = promisify(execFile);
/** Packaging and training beside other tests. */
const TIMEOUT_MS = 600_000;
const REASON = 'the stand-in distribution is shaped like Electron for Linux';

describe.skipIf(process.platform !== 'linux')(`the package (skipped where ${REASON} and this is not Linux)`, () => {
  const root = mkdtempSync(join(tmpdir(), 'understudy-package-'));
  const packed = join(root, 'release', 'linux-unpacked');
  const resources = join(packed, 'resources');
  const unpacked = join(resources, 'app.asar.unpacked');
  /** The archive as a folder, in a copy of the package: plain Node cannot read archives. */
  const copy = join(root, 'copy');
  let said = '';

  beforeAll(async () => {
    writeElectronDistribution(join(root, 'electron'));
    const env = {
      ...process.env,
      UNDERSTUDY_ELECTRON_DIST: join(root, 'electron'),
      UNDERSTUDY_RELEASE: join(root, 'release'),
    };
    said = (await run(process.execPath, ['scripts/package.mjs'], { env })).stdout;
    mkdirSync(copy);
    cpSync(unpacked, join(copy, 'app.asar.unpacked'), { recursive: true });
    extract(join(resources, 'app.asar'), join(copy, 'app.asar'));
  }, TIMEOUT_MS);

  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('has the native parts of this platform, unpacked, and no other’s', () => {
    const natives = filesIn(copy).filter((path) => /\.(node|dylib|dll|so)(\.|$)/.test(path));
    const outside = natives.filter((path) => path.startsWith('app.asar.unpacked/'));
    const names = outside.map((path) => path.split('/').at(-1));
    expect(names).toEqual(expect.arrayContaining(['onnxruntime_binding.node', 'libonnxruntime.so.1', 'duckdb.node']));
    expect(outside).toContainEqual(
      expect.stringMatching(/^app\.asar\.unpacked\/node_modules\/@koromix\/koffi-linux-.*\/koffi\.node$/),
    );
    expect(outside.filter((path) => path.includes('musl_'))).toEqual([]);
    expect(names).toEqual(expect.arrayContaining([expect.stringMatching(/^libvips-cpp\.so/), 'libduckdb.so']));
    expect(names).toEqual(expect.arrayContaining([expect.stringMatching(/^sharp-linux-.*\.node$/)]));
    for (const path of outside) {
      expect(path).not.toMatch(/darwin|win32|\.dll$|\.dylib$/);
      expect(statSync(join(copy, path)).size).toBeGreaterThan(10_000);
    }
    expect(outside.filter((path) => path.includes('/napi-v6/')).every((path) => path.includes(platformFolder()))).toBe(
      true,
    );
    // The archive's own list names them too, as files outside it.
    expect(natives.length).toBe(2 * outside.length);
  });

  it('has the page, the shell and the threads’ entries of one build', () => {
    const files = filesIn(join(copy, 'app.asar'));
    const shell = ['dist/main.cjs', 'dist/preload.cjs', 'dist/desktop.js', 'dist/renderer/index.html', 'package.json'];
    expect(files).toEqual(expect.arrayContaining([...shell, 'assets/sample/finished-runs.br']));
    expect(filesIn(unpacked)).toEqual(
      expect.arrayContaining([
        ...['batch-worker', 'compute-process', 'compute-worker', 'device-probe'].map((name) => `dist/${name}.js`),
        ...['assets/cuda/kernels.ptx.br', 'node_modules/koffi/index.cjs'],
      ]),
    );
    // Nothing else beside the archive says that they are modules.
    const { type } = JSON.parse(textOf(join(unpacked, 'dist', 'package.json'))) as { type: string };
    expect(type).toBe('module');
    // From one build: each file is referenced by another, or is an entry.
    const texts = files
      .filter((path) => /\.(c?js|html)$/.test(path))
      .map((path) => textOf(join(copy, 'app.asar', path)));
    const hashed = files.filter((path) => /^dist\/(chunk-|renderer\/.*-[0-9A-Z]{8}\.js$)/.test(path));
    expect(hashed.length).toBeGreaterThan(10);
    for (const path of hashed) {
      const name = path.split('/').at(-1) ?? '';
      expect(
        texts.some((text) => text.includes(name)),
        path,
      ).toBe(true);
    }
    const { main } = JSON.parse(readFileSync(join(copy, 'app.asar', 'package.json'), 'utf8')) as { main: string };
    expect(main).toBe('dist/main.cjs');
  });

  it('has no development dependency, source, source map or test', () => {
    const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
      packages: Record<string, { dev?: boolean }>;
    };
    for (const path of filesIn(copy)) {
      expect(path).not.toMatch(/\.map$|\.tsx?$|\.mts$|(^|\/)(tests?|__tests__)\//);
      const name = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1];
      if (name === undefined) continue;
      expect(packages[`node_modules/${name}`], path).toBeDefined();
      expect(packages[`node_modules/${name}`]?.dev, path).toBeUndefined();
    }
    for (const left of ['cli.js', 'web.js', 'bench.js']) {
      expect(filesIn(join(copy, 'app.asar'))).not.toContain(`dist/${left}`);
    }
    expect(readdirSync(resources).sort()).toEqual(['app.asar', 'app.asar.unpacked', 'licences.txt']);
  });

  it('has the licences of all that ships', () => {
    const licences = readFileSync(join(resources, 'licences.txt'), 'utf8');
    for (const name of shippedPackages(copy)) expect(licences).toContain(`\n${name} `);
    for (const name of ['react', '@mantine/core', '@tabler/icons-react', 'uplot', 'zod', 'hono'])
      expect(licences).toContain(`\n${name} `);
    const { href } = pathToFileURL(join(resources, 'app.asar', 'dist', 'desktop.js'));
    expect(licencesFor(href), 'what the menu shows').toBe(join(resources, 'licences.txt'));
    expect(licences).toContain('LGPL');
    expect(licences).toContain('Permission is hereby granted');
    expect(readdirSync(packed)).toEqual(expect.arrayContaining(['LICENSE.electron.txt', 'LICENSES.chromium.html']));
  });

  it('has its fuses blown: no Node, no options of Node’s, no inspector, the archive alone, and checked', () => {
    const [runAsNode, , nodeOptions, inspect, integrity, onlyArchive, , fileProtocol] = fusesOf(
      readFileSync(join(packed, 'understudy')),
    );
    expect({ runAsNode, nodeOptions, inspect, fileProtocol }).toEqual({
      runAsNode: '0',
      nodeOptions: '0',
      inspect: '0',
      fileProtocol: '0',
    });
    expect({ integrity, onlyArchive }).toEqual({ integrity: '1', onlyArchive: '1' });
  });

  it('reports the sizes of its parts', () => {
    for (const part of ['onnxruntime-node', '@duckdb/node-bindings', 'app.asar', 'Electron', 'in all']) {
      expect(said).toMatch(new RegExp(`^ *\\d+\\.\\d MiB {2}${part}`, 'm'));
    }
  });

  it(
    'opens the sample, tests the device and trains every model outside the checkout, with plain Node',
    async () => {
      const script = join(root, 'packaged-run.mjs');
      const options = { bundle: true, platform: 'node', format: 'esm', packages: 'external' } as const;
      await build({ entryPoints: ['test/electron/packaged-run.ts'], outfile: script, ...options });
      const home = join(root, 'home');
      const entry = join(copy, 'app.asar', 'dist', 'desktop.js');
      const [labelled, unlabelled] = [join(root, 'labelled'), join(root, 'unlabelled')];
      for (let seed = 1; seed <= 16; seed++) {
        await writeJpeg(join(labelled, seed % 2 === 0 ? 'ant' : 'bee', `${seed}.jpg`), { seed });
        await writeJpeg(join(unlabelled, `${seed}.jpg`), { seed: 100 + seed });
      }
      const { stdout } = await run(process.execPath, [script, entry, home, labelled, unlabelled], {
        cwd: root,
        maxBuffer: 2 ** 26,
        // No software GPU: examining it would take as long as the trainings.
        env: { ...process.env, VK_DRIVER_FILES: 'none' },
      });
      const outcome = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
      expect(outcome).toMatchObject({
        page: { status: 200, text: expect.stringContaining('<title>Understudy</title>') },
        drawn: { state: 'cancelled' },
        devices: { job: { state: 'succeeded' } },
        trained: { state: 'succeeded', reason: null },
        picture: 'image/jpeg',
      });
      const view = outcome.devices as {
        view: { devices: { device: string; works: boolean; reason: string | null }[] };
      };
      expect(view.view.devices.find(({ device }) => device === 'cpu')).toMatchObject({ works: true, reason: null });
      const succeeded = (runs: unknown) =>
        (runs as { stage: string; state: string }[])
          .filter(({ state }) => state === 'succeeded')
          .map(({ stage }) => stage)
          .sort();
      const all = ['evaluate', 'finetune', 'label', 'pretrain', 'select', 'supervised', 'teacher'];
      expect(succeeded(outcome.shipped)).toEqual(all);
      expect(succeeded(outcome.runs)).toEqual(all);
    },
    TIMEOUT_MS,
  );
});

function textOf(path: string): string {
  return readFileSync(path, 'utf8');
}

function platformFolder(): string {
  return `/napi-v6/${process.platform}/${process.arch}/`;
}

function shippedPackages(folder: string): string[] {
  const names = filesIn(folder).flatMap((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []);
  return [...new Set(names)];
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

/** With the packager's own archive reader. */
function extract(archive: string, folder: string): void {
  const ofPacker = createRequire(createRequire(import.meta.url).resolve('app-builder-lib'));
  const { extractAll } = ofPacker('@electron/asar') as { extractAll(archive: string, folder: string): void };
  extractAll(archive, folder);
}
