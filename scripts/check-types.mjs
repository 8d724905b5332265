/**
 * Checks the types of each part with TypeScript 7, which takes a third of the time of version 6 (still installed:
 * dependency-cruiser uses it for imports). Its build information is kept apart from that of an editor's TypeScript, since
 * neither reads the other's.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const compiler = fileURLToPath(new URL('../node_modules/typescript-7/bin/tsc', import.meta.url));
const kept = (/** @type {string} */ name) =>
  fileURLToPath(new URL(`../node_modules/.cache/typescript-7/${name}.tsbuildinfo`, import.meta.url));
const parts = { main: '.', renderer: 'renderer', pages: 'test/e2e' };

for (const [name, project] of Object.entries(parts)) {
  const args = [compiler, '--noEmit', '-p', project, '--tsBuildInfoFile', kept(name)];
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
