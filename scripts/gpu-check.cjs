/**
 * Runs all checks and measurements of a GPU; see main/bench/gpu-check.ts. Where nothing can be built: node dist/gpu-check.js
 * OUT.
 */
require('./run-built.cjs').runBuilt('gpu-check');
