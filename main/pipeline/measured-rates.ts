/**
 * How fast this computer works: images per second by device, network and image size, kept in the user's settings,
 * because a project may have been trained elsewhere. Rates never measured are extrapolated from others, by
 * multiply-adds.
 */
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { deviceName, parseDevice } from '../engines/device.ts';
import { readKeptList, SettingsUnreadable, writeKeptList } from '../kept-list.ts';
import { networkSchema } from '../models/network.ts';
import { multiplyAdds, type Pass, passes, type SizedNetwork } from '../models/network-cost.ts';

export interface NetworkWork extends SizedNetwork {
  readonly kind: Pass;
}

export type Work =
  | NetworkWork
  /** Extracting features with a network from elsewhere, by its name in the project. */
  | { readonly kind: 'look'; readonly extractor: string }
  /** Decoding this project's images to squares. */
  | { readonly kind: 'decode'; readonly project: string; readonly sizePx: number };

export interface Place {
  /** The device's name. */
  readonly device: string;
  /** Null: the engine's default. */
  readonly threads: number | null;
}

export type Rate = Work & Place & { readonly imagesPerSecond: number };

const measured = {
  /** A name written by an earlier release is converted to the present one. */
  device: z.string().transform(currentName),
  threads: z.int().min(1).nullable().default(null),
  imagesPerSecond: z.number().positive(),
};
const schema = z.array(
  z.union([
    z.object({ kind: z.enum(passes), network: networkSchema, imageSizePx: z.int(), ...measured }),
    z.object({ kind: z.literal('look'), extractor: z.string(), ...measured }),
    z.object({ kind: z.literal('decode'), project: z.string(), sizePx: z.int(), ...measured }),
  ]),
);

const MOST_KEPT = 200;

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

  /** Replaces earlier measurements of the same work. If the folder cannot be written, only estimates suffer. */
  async remember(...rates: readonly Rate[]): Promise<void> {
    if (rates.length === 0) return;
    try {
      const known = await readKeptList(this.#path, schema);
      const others = known.filter((one) => !rates.some((rate) => samePlace(one, rate) && sameWork(one, rate)));
      await writeKeptList(this.#path, [...others, ...rates].slice(-MOST_KEPT));
    } catch {}
  }

  get #path(): string {
    return join(this.#folder, 'measured-rates.json');
  }
}

export interface KnownRate {
  readonly imagesPerSecond: number;
  /** Extrapolated from other work. */
  readonly rough: boolean;
}

/** Undefined while nothing comparable was measured there. */
export function rateOf(work: Work, place: Place, known: readonly Rate[]): KnownRate | undefined {
  const here = known.filter((rate) => samePlace(rate, place));
  const same = here.findLast((rate) => sameWork(rate, work));
  if (same) return { imagesPerSecond: same.imagesPerSecond, rough: false };
  if (!isNetworkWork(work)) return undefined;
  const nearest =
    nearestOf(work, here) ??
    nearestOf(
      work,
      known.filter(({ device }) => device === place.device),
    );
  return nearest === undefined ? undefined : { imagesPerSecond: nearest, rough: true };
}

function nearestOf(work: NetworkWork, known: readonly Rate[]): number | undefined {
  const cost = multiplyAdds(work, work.kind);
  const [nearest] = known
    .filter(isNetworkWork)
    .map((rate) => ({ imagesPerSecond: rate.imagesPerSecond, ratio: multiplyAdds(rate, rate.kind) / cost }))
    .sort((a, b) => Math.abs(Math.log(a.ratio)) - Math.abs(Math.log(b.ratio)));
  return nearest && nearest.imagesPerSecond * nearest.ratio;
}

export function isNetworkWork<Some extends Work>(work: Some): work is Some & NetworkWork {
  return work.kind === 'train' || work.kind === 'predict';
}

function currentName(device: string): string {
  const known = parseDevice(device);
  return known ? deviceName(known) : device;
}

function samePlace(a: Place, b: Place): boolean {
  return currentName(a.device) === b.device && a.threads === b.threads;
}

export function sameWork(a: Work, b: Work): boolean {
  return isDeepStrictEqual(withoutClasses(a), withoutClasses(b));
}

/** The number of classes has a negligible effect on the cost. */
function withoutClasses(work: Work): unknown {
  if (work.kind === 'look') return [work.kind, work.extractor];
  if (work.kind === 'decode') return [work.kind, work.project, work.sizePx];
  return [work.kind, work.imageSizePx, { ...work.network, classes: 0 }];
}
