/**
 * Measures unknown rates: a few real steps of each network on the device, a few images decoded. Measurements are
 * remembered for this computer. Work that takes only moments is not tried but extrapolated from other measurements.
 */
import { at } from '../at.ts';
import type { Project } from '../catalogue/project.ts';
import { TESTED_TRAINING } from '../doctor/self-test.ts';
import { deviceName } from '../engines/device.ts';
import { requireGoingOn } from '../failure.ts';
import { decodeSample } from '../images/clips/decode-sample.ts';
import { InTurn } from '../in-turn.ts';
import { runTask } from '../jobs/run-task.ts';
import { multiplyAdds } from '../models/network-cost.ts';
import type { ComputeTarget } from '../training/train-request.ts';
import type { CollectionSets } from './collection.ts';
import { locateImage } from './locate-image.ts';
import { isNetworkWork, type MeasuredRates, type Place, type Rate, rateOf, sameWork } from './measured-rates.ts';
import type { MissingPixels } from './missing-pixels.ts';
import { decodedFrames } from './project-squares.ts';
import type { NeededWork } from './run-needs.ts';

const BUDGET_MS = { each: 3000, all: 8000 } as const;
const DECODING_MS = 1000;
const DECODED_IMAGES = 48;
const DECODED_AT_ONCE = 8;
/** Shorter work is not worth a trial. */
export const LEAST_SECONDS = 2;
/** Small and quick: its time tells how many of the others can be tried. Not used to compare devices. */
const CALIBRATION = { kind: 'train', network: TESTED_TRAINING.network, imageSizePx: 48 } as const;
const NO_AUGMENTATION = { crop: { kind: 'none' }, horizontalFlip: false } as const;

export interface WantedRates {
  readonly project: Project;
  readonly sets: CollectionSets;
  readonly target: ComputeTarget;
  readonly works: readonly NeededWork[];
  readonly pixels: readonly MissingPixels[];
  readonly known: readonly Rate[];
  /** Also measure what could be extrapolated from other networks. */
  readonly exactly: boolean;
}

/** The place of decoding, whose rate depends on no device. */
export const DECODING: Place = { device: 'cpu', threads: null };

export class DeviceTrials {
  readonly #rates: MeasuredRates;
  readonly #closing = new AbortController();
  /** One trial at a time: two would slow each other down. */
  readonly #trials = new InTurn();

  constructor(rates: MeasuredRates) {
    this.#rates = rates;
  }

  /** The rates known now, the newest last. Throws `Interrupted` when `signal` aborts. */
  async measured(wanted: WantedRates, signal?: AbortSignal): Promise<readonly Rate[]> {
    const stopped = AbortSignal.any([this.#closing.signal, ...(signal ? [signal] : [])]);
    return await this.#trials.run(async () => {
      const known = [...wanted.known, ...(await this.#rates.all())];
      const found = [
        ...(await this.#tried({ ...wanted, known }, stopped)),
        ...(await decoded({ ...wanted, known }, stopped)),
      ];
      await this.#rates.remember(...found);
      return [...known, ...found];
    });
  }

  /** Stops running work between two steps, and waits for that. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#trials.settled();
  }

  async #tried({ target, works, known, exactly }: WantedRates, signal: AbortSignal): Promise<Rate[]> {
    const place: Place = { device: deviceName(target.device), threads: target.threads ?? null };
    const unknown = withoutTwins(works.filter(({ work, images }) => images > 0 && isUnknown(work, place, known)));
    if (unknown.length === 0) return [];
    const rates: Rate[] = [];
    const ask = async (wanted: readonly NeededWork[], multiplyAddsPerSecond: number | undefined) => {
      const tried = wanted.map((work) => work.tried);
      const request = { target, works: tried, multiplyAddsPerSecond, budgetMs: BUDGET_MS };
      const { rates: found } = await runTask('trial', request, { signal });
      for (const [index, imagesPerSecond] of found.entries()) {
        if (imagesPerSecond !== null) rates.push({ ...at(wanted, index).work, ...place, imagesPerSecond });
      }
    };
    const all = () => [...known, ...rates];
    if (!rateOf(CALIBRATION, place, known)) {
      await ask(
        [{ work: CALIBRATION, tried: { ...CALIBRATION, batch: 16, augmentation: NO_AUGMENTATION }, images: 0 }],
        undefined,
      );
    }
    const worthIt = unknown.filter(({ work, images }) => {
      const reckoned = rateOf(work, place, all());
      return !reckoned || (exactly && images / reckoned.imagesPerSecond >= LEAST_SECONDS);
    });
    const speed = rateOf(CALIBRATION, place, all());
    const cheapestFirst = worthIt.toSorted((a, b) => costOf(a) - costOf(b));
    if (worthIt.length > 0) {
      await ask(cheapestFirst, speed && speed.imagesPerSecond * multiplyAdds(CALIBRATION, CALIBRATION.kind));
    }
    return rates;
  }
}

function isUnknown(work: NeededWork['work'], place: Place, known: readonly Rate[]): boolean {
  return rateOf(work, place, known)?.rough !== false;
}

/** Merges the same work of several stages, adding up the images. */
function withoutTwins(works: readonly NeededWork[]): NeededWork[] {
  const kept: NeededWork[] = [];
  for (const needed of works) {
    const place = kept.findIndex(({ work }) => sameWork(work, needed.work));
    if (place < 0) kept.push(needed);
    else kept[place] = { ...needed, images: needed.images + at(kept, place).images };
  }
  return kept;
}

/** Looking comes last: its cost is only known by trying. */
function costOf({ work }: NeededWork): number {
  return isNetworkWork(work) ? multiplyAdds(work, work.kind) : Number.POSITIVE_INFINITY;
}

async function decoded({ project, sets, pixels, known }: WantedRates, signal: AbortSignal): Promise<Rate[]> {
  const rates: Rate[] = [];
  for (const { sizePx, images } of pixels) {
    const work = { kind: 'decode', project: project.directory, sizePx } as const;
    if (images === 0 || rateOf(work, DECODING, known)) continue;
    const imagesPerSecond = await decodingRate(project, someOf(sets), sizePx, signal);
    if (imagesPerSecond !== undefined) rates.push({ ...work, ...DECODING, imagesPerSecond });
  }
  return rates;
}

/** Images from all over the collection, since folders differ. */
function someOf({ labelled, unlabelled }: CollectionSets): Int32Array {
  const of = (ids: Int32Array) => {
    const stride = Math.max(1, Math.floor((2 * ids.length) / DECODED_IMAGES));
    return ids.filter((_, place) => place % stride === 0).subarray(0, DECODED_IMAGES / 2);
  };
  return Int32Array.from([...of(labelled.imageIds), ...of(unlabelled)]);
}

/** Several at a time, as in actual decoding. Undefined if none of them can be decoded now. */
async function decodingRate(
  project: Project,
  ids: Int32Array,
  sizePx: number,
  signal: AbortSignal,
): Promise<number | undefined> {
  const images = [];
  for await (const image of project.catalogue.eachImage({ ids })) images.push(locateImage(image));
  const startedMs = performance.now();
  let count = 0;
  for (let first = 0; first < images.length && performance.now() - startedMs < DECODING_MS; first += DECODED_AT_ONCE) {
    requireGoingOn(signal);
    const some = images.slice(first, first + DECODED_AT_ONCE);
    const outcomes = await Promise.allSettled(
      some.map((image) => decodeSample(image, { sizePx, filter: 'linear', frames: decodedFrames(project) })),
    );
    count += outcomes.filter(({ status }) => status === 'fulfilled').length;
  }
  return count > 0 ? (count * 1000) / (performance.now() - startedMs) : undefined;
}
