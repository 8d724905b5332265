/**
 * The licences of everything that a package ships, as one text: the packages that run, the ones that are built into the
 * page, and what the native ones say about their own parts. Electron's and Chromium's lie beside the executable.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const LICENCE_FILE = /^(licen[cs]e|notice|copying|third-?party-?notices?)/i;

/**
 * @param {string} root
 * @param {readonly string[]} pagePackages built into the page
 */
export function licences(root, pagePackages) {
  const names = [...new Set([...productionPackages(root), ...pagePackages])].sort();
  return names.map((name) => section(join(root, 'node_modules', name), name)).join('\n');
}

/** @param {string} root @returns {string[]} those that are installed here, other platforms' left out */
export function productionPackages(root) {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  return Object.entries(packages)
    .filter(([path, { dev }]) => path.startsWith('node_modules/') && !dev && existsSync(join(root, path)))
    .map(([path]) => path.slice('node_modules/'.length));
}

/** @param {string} folder @param {string} name */
function section(folder, name) {
  const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const files = readdirSync(folder);
  const licenceFiles = files.filter((file) => LICENCE_FILE.test(file));
  // Some say in their description alone under which licence they are, and what they contain.
  const texts = (licenceFiles.length > 0 ? licenceFiles : files.filter((file) => /^readme/i.test(file))).map((file) =>
    readFileSync(join(folder, file), 'utf8').trim(),
  );
  return [`${'='.repeat(100)}`, `${name} ${version}: ${license}`, '', ...texts, ''].join('\n');
}
