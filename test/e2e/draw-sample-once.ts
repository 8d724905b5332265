/** Before the workers begin: what all of them look at. */
export { drawOnce as default } from './drawn-sample.ts';
