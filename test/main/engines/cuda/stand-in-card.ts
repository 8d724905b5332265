/**
 * A card whose driver is the stand-in on the processor: it runs the engine's own code, down to the last index of a
 * kernel.
 */
import { Card } from '../../../../main/engines/cuda/card.ts';
import { cudaEngineBy } from '../../../../main/engines/cuda/cuda-engine.ts';
import { kernels } from '../../../../main/engines/cuda/kernels.ts';
import { parseDevice } from '../../../../main/engines/device.ts';
import type { Precision } from '../../../../main/engines/engine.ts';
import { hasCompiler, standInDriver } from '../../../../scripts/kernel-builds.mjs';
import type { MeasuredEngine } from '../../graph/measured-case.ts';

/** Undefined without g++: tests that need it are skipped, and reported as skipped. */
export function standInLibrary(): string | undefined {
  return hasCompiler('g++') ? standInDriver() : undefined;
}

export function standInCard(library: string): Card {
  return Card.open(0, kernels(), library);
}

/** Sessions on the stand-in's card, as created by the engine. */
export function onStandIn(library: string, precision: Precision): MeasuredEngine {
  const device = parseDevice('cuda');
  if (!device) throw new Error('no device is called cuda');
  const standIn = cudaEngineBy(() => library);
  const prepare: MeasuredEngine['engine']['prepare'] = (program, state, options) =>
    standIn.prepare(program, state, { ...options, precision });
  return { device, engine: { prepare } };
}
