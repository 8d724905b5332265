/** A settings folder of the tests' own: nothing of the person's who runs them is read or written. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const settings = mkdtempSync(join(tmpdir(), 'understudy-settings-'));
process.once('exit', () => rmSync(settings, { recursive: true, force: true }));
