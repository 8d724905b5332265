/** Runs the scaling benchmark; see main/bench/scale.ts. */
require('./run-built.cjs').runBuilt('scale');
