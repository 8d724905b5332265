/** Runs the benchmark; see main/bench/bench.ts. */
require('./run-built.cjs').runBuilt('bench');
