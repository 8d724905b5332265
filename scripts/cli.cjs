/** Starts the command line from a checkout. */
require('./run-built.cjs').runBuilt('cli');
