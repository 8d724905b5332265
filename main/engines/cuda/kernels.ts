/**
 * The kernels as shipped: PTX, compiled ahead of time (`npm run build:kernels`), which the driver compiles for the card
 * at hand, once: it keeps what it has compiled.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { brotliDecompressSync } from 'node:zlib';
import { type CardFacts, cardTitle } from './card.ts';

/** The kernels that every program may need, and the tiles that a card may find faster than the usual ones. */
const MODULES = ['kernels', 'tiles'] as const;

/** The PTX of each module, in the order in which a kernel is looked for. */
export const kernelModules: readonly (() => string)[] = MODULES.map(
  (name) => () => brotliDecompressSync(readFileSync(moduleFile(name))).toString(),
);

export function checksumOfKernels(): string {
  const hash = createHash('sha256');
  for (const name of MODULES) hash.update(readFileSync(moduleFile(name)));
  return hash.digest('hex').slice(0, 12);
}

/** Names the card, its driver and the kernels: what was tested or measured there holds for these together. */
export function cardWithKernels(card: CardFacts): string {
  return `${cardTitle(card)}, kernels ${checksumOfKernels()}`;
}

/** Among the assets, which lie beside main/ and beside dist/, both in a package and in a checkout. */
function moduleFile(name: (typeof MODULES)[number]): URL {
  const fromSources = new URL(import.meta.url).pathname.endsWith('.ts');
  return new URL(`${fromSources ? '../../../' : '../'}assets/cuda/${name}.ptx.br`, import.meta.url);
}
