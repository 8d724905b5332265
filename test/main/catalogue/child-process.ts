/** A second process that runs a few lines against the catalogue's sources. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const repository = fileURLToPath(new URL('../../..', import.meta.url));

export interface Child {
  readonly process: ChildProcess;
  /**
   * Resolves when the child has printed a line that contains `text`; rejects with its output if it ends before that.
   */
  said(text: string): Promise<void>;
  readonly ended: Promise<string>;
}

/** `code` is a module that may import from `catalogue/…` and `models/…`, and reads its arguments from `process.argv`. */
export async function startChild(code: string, ...args: string[]): Promise<Child> {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-child-'));
  symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'), 'junction');
  const script = join(folder, 'child.mjs');
  await build({
    stdin: { contents: code, resolveDir: join(repository, 'main'), loader: 'ts' },
    outfile: script,
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    alias: { catalogue: join(repository, 'main/catalogue'), models: join(repository, 'main/models') },
  });
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      output += data;
      for (const listener of listeners) listener();
    });
  }
  const ended = new Promise<string>((resolve) => child.on('close', () => resolve(output)));
  const said = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => output.includes(text) && resolve();
      listeners.add(look);
      look();
      ended.then(() => reject(new Error(`the child ended without “${text}”: ${output}`)));
    });
  return { process: child, said, ended };
}
