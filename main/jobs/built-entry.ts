/**
 * Where the built entries of threads and processes are: beside the running bundle; for tests, which run the sources, in
 * the checkout's dist/.
 */
export function builtEntry(name: 'compute-worker' | 'device-probe'): URL {
  const runsFromSources = new URL(import.meta.url).pathname.endsWith('.ts');
  return new URL(runsFromSources ? `../../dist/${name}.js` : `./${name}.js`, import.meta.url);
}

/** A file of assets/, which lies beside main/ and dist/. */
export function assetFile(path: string): URL {
  const runsFromSources = new URL(import.meta.url).pathname.endsWith('.ts');
  return new URL(`${runsFromSources ? '../../' : '../'}assets/${path}`, import.meta.url);
}
