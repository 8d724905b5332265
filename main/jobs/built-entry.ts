/**
 * Where the built entries of threads and processes are: beside the running bundle; for tests, which run the sources, in
 * the checkout's dist/.
 */
export function builtEntry(name: 'compute-worker' | 'device-probe'): URL {
  const runsFromSources = new URL(import.meta.url).pathname.endsWith('.ts');
  return new URL(runsFromSources ? `../../dist/${name}.js` : `./${name}.js`, import.meta.url);
}
