/** Starts the browser host from a checkout, building first what changed. CommonJS for the same reason as cli.cjs. */
const { availableParallelism } = require('node:os');

process.env.UV_THREADPOOL_SIZE ??= String(Math.max(4, availableParallelism()));

async function start() {
  const { build } = await import('./build.mjs');
  await build();
  await import('../dist/web.js');
}

start();
