/** A folder shaped like an unpacked Electron for Linux, for packaging without the real one: its binary contains only fuses. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
const FUSES = 9;

export function writeElectronDistribution(folder: string): void {
  mkdirSync(join(folder, 'resources'), { recursive: true });
  mkdirSync(join(folder, 'locales'));
  const wire = Buffer.concat([Buffer.from(SENTINEL), Buffer.from([1, FUSES]), Buffer.from('1'.repeat(FUSES))]);
  const binary = Buffer.concat([Buffer.from('\x7fELF stand-in '), wire, Buffer.from(' end')]);
  writeFileSync(join(folder, 'electron'), binary, { mode: 0o755 });
  writeFileSync(join(folder, 'chrome-sandbox'), 'stand-in', { mode: 0o755 });
  writeFileSync(join(folder, 'resources', 'default_app.asar'), 'stand-in');
  writeFileSync(join(folder, 'LICENSE'), 'Electron’s licence');
  writeFileSync(join(folder, 'LICENSES.chromium.html'), 'Chromium’s licences');
  writeFileSync(join(folder, 'version'), '45.4.1');
  for (const locale of ['en-US', 'de', 'fr']) writeFileSync(join(folder, 'locales', `${locale}.pak`), 'stand-in');
}

/** The fuses of a packaged binary, each as a character: 0 off, 1 on, r removed. */
export function fusesOf(binary: Buffer): string[] {
  const wire = binary.indexOf(SENTINEL) + SENTINEL.length + 2;
  return [...binary.subarray(wire, wire + FUSES).toString()];
}
