/** Before the workers start: draws what all of them need. */
export { drawOnce as default } from './drawn-sample.ts';
