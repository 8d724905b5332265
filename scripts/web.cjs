/** Starts the browser host from a checkout. */
require('./run-built.cjs').runBuilt('web');
