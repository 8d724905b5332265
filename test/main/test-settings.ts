/** A settings folder for the tests: the settings of the person who runs them are neither read nor written. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const settings = mkdtempSync(join(tmpdir(), 'understudy-settings-'));
process.once('exit', () => rmSync(settings, { recursive: true, force: true }));
