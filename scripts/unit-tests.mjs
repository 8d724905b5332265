/**
 * Determines which test files are unit tests: those whose imports lead to no thread, process or built file, and which compute
 * no network themselves. Found by following the imports, so that no list has to be maintained.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** Imports that start something, or need a build. */
const STARTS =
  /from '(node:child_process|node:worker_threads|@playwright\/test|electron)'|\bbuiltEntry\b|\/dist\/|'\.\.\/scripts\//;
/**
 * Imports that train, predict or use a device: seconds each, minutes on a software GPU. Modules of the program may import them
 * without running them.
 */
const COMPUTES =
  /from '[./]+\/main\/(engines\/(onnxruntime|tensorflow)\/|training\/(train|predict|embed)\.ts'|pipeline\/method\.ts'|doctor\/)/;
const IMPORTED = /(?:from|import)\s*\(?\s*'(\.[^']+)'/g;
/** Types are erased before anything runs. */
const TYPES = /^(?:import|export) type [^;]*;/gm;

/** @type {Map<string, { starts: boolean, imports: string[] }>} */
const read = new Map();

/** @param {string} file */
function module(file) {
  const known = read.get(file);
  if (known) return known;
  const source = readFileSync(file, 'utf8').replace(TYPES, '');
  const imports = [...source.matchAll(IMPORTED)]
    .map(([, path]) => join(dirname(file), String(path)))
    .filter(existsSync);
  const starts = STARTS.test(source) || (file.startsWith(join(root, 'test')) && COMPUTES.test(source));
  const found = { starts, imports: imports.filter((path) => /\.(ts|tsx|mjs|cjs)$/.test(path)) };
  read.set(file, found);
  return found;
}

/** @param {string} test */
function isUnit(test) {
  const seen = new Set([test]);
  for (const file of seen) {
    const { starts, imports } = module(file);
    if (starts) return false;
    for (const path of imports) seen.add(path);
  }
  return true;
}

/** Paths from the root, with slashes. */
export function unitTests() {
  const names = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' });
  const tests = names.filter((name) => name.endsWith('.test.ts')).map((name) => join(root, 'test', name));
  return tests
    .filter(isUnit)
    .map((path) => relative(root, path).split('\\').join('/'))
    .sort();
}
