/**
 * Starts the command line from a checkout, building first what changed. CommonJS, because the size of the thread pool that
 * decodes images has to be set before anything uses it, and an ES module is itself loaded through that pool.
 */
const { availableParallelism } = require('node:os');

process.env.UV_THREADPOOL_SIZE ??= String(Math.max(4, availableParallelism()));

async function start() {
  const { build } = await import('./build.mjs');
  await build();
  await import('../dist/cli.js');
}

start();
