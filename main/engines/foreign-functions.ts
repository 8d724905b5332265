/** The foreign-function interface, loaded on first use. */
import { createRequire } from 'node:module';

/** Throws on platforms that koffi has no binary for. */
export function foreignFunctions(): typeof import('koffi').default {
  return createRequire(import.meta.url)('koffi') as typeof import('koffi').default;
}
