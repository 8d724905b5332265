/** A card whose driver is the stand-in on the processor: the engine's own code, down to the last index of a kernel. */
import { readFileSync } from 'node:fs';
import { brotliDecompressSync } from 'node:zlib';
import { Card } from '../../../../main/engines/cuda/card.ts';
import { cudaEngine } from '../../../../main/engines/cuda/cuda-engine.ts';
import { CPU } from '../../../../main/engines/device.ts';
import type { Precision } from '../../../../main/engines/engine.ts';
import { hasCompiler, standInDriver } from '../../../../scripts/kernel-builds.mjs';
import type { MeasuredEngine } from '../../graph/measured-case.ts';

/** Undefined without g++: tests that need it are skipped, and reported as skipped. */
export function standInLibrary(): string | undefined {
  return hasCompiler('g++') ? standInDriver() : undefined;
}

export function standInCard(library: string): Card {
  const ptx = brotliDecompressSync(readFileSync(new URL('../../../../assets/cuda/kernels.ptx.br', import.meta.url)));
  return Card.open(0, ptx.toString(), library);
}

/** The device is named by nobody yet; sessions of this engine do not ask which it is. */
export function onStandIn(card: Card, precision: Precision): MeasuredEngine {
  return { device: CPU, engine: cudaEngine(card, precision) };
}
