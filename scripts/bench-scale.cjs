/** Runs the benchmark of growth; see main/bench/scale.ts. */
require('./run-built.cjs').runBuilt('scale');
