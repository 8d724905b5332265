/** Builds what changed and runs the benchmark; see main/bench/bench.ts. */
const { availableParallelism } = require('node:os');

process.env.UV_THREADPOOL_SIZE ??= String(Math.max(4, availableParallelism()));

async function start() {
  const { build } = await import('./build.mjs');
  await build();
  await import('../dist/bench.js');
}

start();
