/**
 * A card whose driver is the stand-in on the processor: it runs the engine's own code, down to the last index of a
 * kernel.
 */
import koffi from 'koffi';
import { onTestFinished } from 'vitest';
import { Card } from '../../../../main/engines/cuda/card.ts';
import { cudaEngineBy } from '../../../../main/engines/cuda/cuda-engine.ts';
import { kernelModules } from '../../../../main/engines/cuda/kernels.ts';
import { parseDevice } from '../../../../main/engines/device.ts';
import type { Engine, Precision } from '../../../../main/engines/engine.ts';
import { hasCompiler, standInDriver } from '../../../../scripts/kernel-builds.mjs';
import type { MeasuredEngine } from '../../graph/measured-case.ts';

/** Undefined without g++: tests that need it are skipped, and reported as skipped. */
export function standInLibrary(): string | undefined {
  return hasCompiler('g++') ? standInDriver() : undefined;
}

interface StandIn {
  readonly cards: number;
  readonly memoryBytes: number;
  /** The card that loses its updates; −1 for none. */
  readonly wrong: number;
  /** Whether the driver gives pinned memory. */
  readonly pins: boolean;
}
const USUAL: StandIn = { cards: 1, memoryBytes: 2 ** 30, wrong: -1, pins: true };

/** For what this process loads of it, until the test is over. */
export function setUpStandIn(library: string, standIn: Partial<StandIn>): void {
  const setUp = koffi.load(library).func('standInSetUp', 'void', ['int', 'uint64', 'int', 'int']);
  const use = ({ cards, memoryBytes, wrong, pins }: StandIn) => setUp(cards, memoryBytes, wrong, pins ? 1 : 0);
  use({ ...USUAL, ...standIn });
  onTestFinished(() => use(USUAL));
}

/** Milliseconds that launches of these kernels take by the card's events, those of all others 1; until the test is over. */
export function setStandInTimes(library: string, times: Readonly<Record<string, number>>): void {
  const set = koffi.load(library).func('standInTimes', 'void', ['str']);
  set(
    Object.entries(times)
      .map(([kernel, milliseconds]) => `${kernel} ${milliseconds}`)
      .join(' '),
  );
  onTestFinished(() => set(''));
}

export function standInCard(library: string): Card {
  return Card.open(0, kernelModules, library);
}

/** Sessions on the stand-in's card, as created by the engine. */
export function onStandIn(
  library: string,
  precision: Precision,
  name = 'cuda',
): MeasuredEngine & { readonly engine: Pick<Engine, 'prepare' | 'traits'> } {
  const device = parseDevice(name);
  if (!device) throw new Error(`no device is called ${name}`);
  const standIn = cudaEngineBy(() => library);
  const prepare: MeasuredEngine['engine']['prepare'] = (program, state, options) =>
    standIn.prepare(program, state, { ...options, precision });
  return { device, engine: { prepare, traits: standIn.traits } };
}
