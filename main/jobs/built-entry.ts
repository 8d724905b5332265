/**
 * Locations of the built entries of threads, processes and commands: beside the running bundle; in tests, which run the sources,
 * in the checkout's dist/. In a package they are outside the archive, since a thread's modules are loaded as plain
 * files.
 */
export function builtEntry(
  name: 'batch-worker' | 'bench' | 'cli' | 'compute-process' | 'compute-worker' | 'device-probe',
): URL {
  const runsFromSources = new URL(import.meta.url).pathname.endsWith('.ts');
  const here = import.meta.url.replace('/app.asar/', '/app.asar.unpacked/');
  return new URL(runsFromSources ? `../../dist/${name}.js` : `./${name}.js`, here);
}

/** A file of assets/, which is beside main/ and dist/. */
export function assetFile(path: string): URL {
  const runsFromSources = new URL(import.meta.url).pathname.endsWith('.ts');
  return new URL(`${runsFromSources ? '../../' : '../'}assets/${path}`, import.meta.url);
}
