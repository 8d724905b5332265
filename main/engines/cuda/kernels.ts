/**
 * The kernels as shipped: PTX, compiled ahead of time (`npm run build:kernels`), which the driver compiles for the card
 * at hand.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { brotliDecompressSync } from 'node:zlib';

/** The PTX source. */
export function kernels(): string {
  return brotliDecompressSync(readFileSync(kernelsFile())).toString();
}

export function checksumOfKernels(): string {
  return createHash('sha256').update(readFileSync(kernelsFile())).digest('hex').slice(0, 12);
}

/** Among the assets, which lie beside main/ and beside dist/, both in a package and in a checkout. */
function kernelsFile(): URL {
  const fromSources = new URL(import.meta.url).pathname.endsWith('.ts');
  return new URL(`${fromSources ? '../../../' : '../'}assets/cuda/kernels.ptx.br`, import.meta.url);
}
