/** Builds what changed and asks a GPU everything; see main/bench/gpu-check.ts. Where nothing can be built: node dist/gpu-check.js OUT. */
const { availableParallelism } = require('node:os');

process.env.UV_THREADPOOL_SIZE ??= String(Math.max(4, availableParallelism()));

async function start() {
  const { build } = await import('./build.mjs');
  await build();
  await import('../dist/gpu-check.js');
}

start();
