/**
 * Compiles the kernels of main/engines/cuda: with nvcc to PTX, which ships (assets/cuda/), and with g++ to a stand-in for the
 * driver, which tests load. Users need neither compiler.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const kernelFolder = join(root, 'main/engines/cuda/kernels');
/** The source of each module that ships, by its name there. */
export const kernelModules = { kernels: join(kernelFolder, 'all.cu'), tiles: join(kernelFolder, 'tiles.cu') };
const ASSETS = join(root, 'assets/cuda');
const STAMP = join(ASSETS, 'sources.sha256');
/** Supported by every card since Ampere. */
const LEAST_ARCHITECTURE = 'compute_80';

/** @param {string} compiler @returns {boolean} */
export function hasCompiler(compiler) {
  try {
    execFileSync(compiler, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** The hash of nvcc's inputs. */
export function kernelSources() {
  return checksum(readdirSync(kernelFolder).filter((name) => /\.cuh?$/.test(name)));
}

/** The hash of the sources that the checked-in PTX was compiled from. */
export function compiledSources() {
  return readFileSync(STAMP, 'utf8').trim();
}

/** Compiles the PTX that ships. */
export function buildPtx() {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-ptx-'));
  try {
    mkdirSync(ASSETS, { recursive: true });
    for (const [name, source] of Object.entries(kernelModules)) {
      const output = join(folder, `${name}.ptx`);
      const args = ['-ptx', `-arch=${LEAST_ARCHITECTURE}`, '-O3', '-std=c++17', source, '-o', output];
      execFileSync('nvcc', args, { stdio: 'inherit' });
      writeFileSync(join(ASSETS, `${name}.ptx.br`), brotliCompressSync(readFileSync(output)));
    }
    writeFileSync(STAMP, `${kernelSources()}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns {string} the library, compiled once for these sources */
export function standInDriver() {
  const host = readdirSync(join(kernelFolder, 'host')).map((name) => `host/${name}`);
  const name = checksum([...readdirSync(kernelFolder).filter((file) => /\.cuh?$/.test(file)), ...host]).slice(0, 16);
  const folder = join(root, 'node_modules/.cache/understudy');
  const library = join(folder, `cuda-stand-in-${name}.so`);
  if (existsSync(library)) return library;
  mkdirSync(folder, { recursive: true });
  const temporary = `${library}.${process.pid}.tmp`;
  const source = join(kernelFolder, 'host/driver-on-host.cpp');
  execFileSync('g++', ['-std=c++17', '-O1', '-fPIC', '-shared', source, '-o', temporary], { stdio: 'inherit' });
  renameSync(temporary, library);
  return library;
}

/** @param {readonly string[]} names */
function checksum(names) {
  const hash = createHash('sha256');
  for (const name of [...names].sort()) hash.update(`${name}\n`).update(readFileSync(join(kernelFolder, name)));
  return hash.digest('hex');
}
