/**
 * Starts one of the built commands from a checkout, after rebuilding what changed. CommonJS, because the size of the thread
 * pool that decodes images has to be set before anything uses the pool, and an ES module is itself loaded through it.
 */
const { availableParallelism } = require('node:os');

const SIGNALS = ['SIGINT', 'SIGTERM'];
const INTERRUPTED = 130;

/** @param {'cli' | 'web' | 'bench' | 'gpu-check' | 'scale'} entry */
async function runBuilt(entry) {
  process.env.UV_THREADPOOL_SIZE ??= String(Math.max(4, availableParallelism()));
  // Until the command itself handles the signal: nothing has begun yet.
  const stop = () => {
    process.stderr.write('Stopped as asked; run the same command again to continue.\n');
    process.exit(INTERRUPTED);
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  try {
    const { build } = await import('./build.mjs');
    await build();
    for (const signal of SIGNALS) process.off(signal, stop);
    await import(`../dist/${entry}.js`);
  } catch (error) {
    process.stderr.write(`${sentenceOf(error)}\n`);
    process.exitCode = 1;
  }
}

/** @param {unknown} error */
function sentenceOf(error) {
  const { code, stack, message } = /** @type {NodeJS.ErrnoException} */ (error);
  if (code === 'EMFILE' || code === 'ENFILE') {
    return 'Too many files are open: raise the limit (ulimit -n 4096) or close other programs, and run the same command again.';
  }
  if (code === 'UNBUILT') return message;
  return `This is a bug in Understudy.\n${stack}`;
}

module.exports = { runBuilt };
