/**
 * How fast this computer works: images a second by device, network and image size, kept in the person's settings, because
 * a project may have been trained elsewhere. What was never measured is reckoned from what was, by multiply-adds.
 */
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { deviceName, parseDevice } from '../engines/device.ts';
import { elementCount } from '../graph/program.ts';
import { type NetworkConfig, networkSchema } from '../models/network.ts';
import { inferenceProgram } from '../models/programs.ts';
import type { StageCost } from '../pipeline/stages.ts';
import { readKeptList, SettingsUnreadable, writeKeptList } from './kept-list.ts';

const workKinds = ['train', 'predict'] as const satisfies readonly StageCost[];

export interface Work {
  readonly kind: (typeof workKinds)[number];
  readonly network: NetworkConfig;
  readonly imageSizePx: number;
}

const schema = z.array(
  z.object({
    /** Its name; one that an earlier release wrote is read as today's. */
    device: z.string().transform(currentName),
    kind: z.enum(workKinds),
    network: networkSchema,
    imageSizePx: z.int(),
    imagesPerSecond: z.number().positive(),
  }),
);

export interface Rate extends Work {
  readonly device: string;
  readonly imagesPerSecond: number;
}

const MOST_KEPT = 200;
/** Forward, and the gradients by the weights and by the inputs. */
const PASSES = { train: 3, predict: 1 } as const;

export class MeasuredRates {
  readonly #folder: string;

  constructor(settingsFolder: string) {
    this.#folder = settingsFolder;
  }

  /** The newest last. */
  async all(): Promise<readonly Rate[]> {
    return await readKeptList(this.#path, schema).catch((error: unknown) => {
      if (error instanceof SettingsUnreadable) return [];
      throw error;
    });
  }

  /** In place of an earlier measurement of the same work. A folder that cannot be used costs nothing but estimates. */
  async remember(rate: Rate): Promise<void> {
    try {
      const known = await readKeptList(this.#path, schema);
      const others = known.filter((one) => one.device !== rate.device || !sameWork(one, rate));
      await writeKeptList(this.#path, [...others, rate].slice(-MOST_KEPT));
    } catch {}
  }

  get #path(): string {
    return join(this.#folder, 'measured-rates.json');
  }
}

/** `rough`: reckoned from other work. Undefined while nothing was measured on the device. */
export function rateOf(
  work: Work,
  device: string,
  known: readonly Rate[],
): { readonly imagesPerSecond: number; readonly rough: boolean } | undefined {
  const here = known.filter((rate) => currentName(rate.device) === device);
  const same = here.findLast((rate) => sameWork(rate, work));
  if (same) return { imagesPerSecond: same.imagesPerSecond, rough: false };
  const cost = costOf(work);
  const [nearest] = here
    .map((rate) => ({ rate, ratio: costOf(rate) / cost }))
    .sort((a, b) => Math.abs(Math.log(a.ratio)) - Math.abs(Math.log(b.ratio)));
  return nearest && { imagesPerSecond: nearest.rate.imagesPerSecond * nearest.ratio, rough: true };
}

function currentName(device: string): string {
  const known = parseDevice(device);
  return known ? deviceName(known) : device;
}

function sameWork(a: Work, b: Work): boolean {
  const { kind, imageSizePx } = a;
  // How many classes a network tells apart costs nothing to speak of.
  const alike = isDeepStrictEqual({ ...a.network, classes: 0 }, { ...b.network, classes: 0 });
  return kind === b.kind && imageSizePx === b.imageSizePx && alike;
}

/** Multiply-adds an image. */
function costOf({ kind, network, imageSizePx }: Work): number {
  const { nodes } = inferenceProgram({ network, batch: 1, imageSizePx });
  const forward = nodes.reduce((sum, { kind: operation, inputs, outputs }) => {
    const [out, weight] = [outputs[0]?.shape, inputs[1]?.shape];
    if ((operation !== 'conv' && operation !== 'linear') || !out || !weight) return sum;
    return sum + elementCount(out) * elementCount(weight.slice(1));
  }, 0);
  return PASSES[kind] * forward;
}
