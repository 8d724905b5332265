/**
 * The licences of everything that a package ships, as one text: the runtime packages, those built into the page, and the native
 * packages' own notices on their parts. Electron's and Chromium's licences are beside the executable.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const LICENCE_FILE = /^(licen[cs]e|notice|copying|third-?party-?notices?)/i;

/**
 * @param {string} root
 * @param {readonly string[]} pagePackages packages built into the page
 */
export function licences(root, pagePackages) {
  const names = [...new Set([...productionPackages(root), ...pagePackages])].sort();
  return names.map((name) => section(join(root, 'node_modules', name), name)).join('\n');
}

/** @param {string} root @returns {string[]} those that are installed here, without other platforms' */
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
  // Some state their licence and contents only in their package description.
  const texts = (licenceFiles.length > 0 ? licenceFiles : files.filter((file) => /^readme/i.test(file))).map((file) =>
    readFileSync(join(folder, file), 'utf8').trim(),
  );
  return [`${'='.repeat(100)}`, `${name} ${version}: ${license}`, '', ...texts, ''].join('\n');
}
