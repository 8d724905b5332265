/** A device with known rates, so that nothing has to be tried to estimate a run on it. */
import { multiplyAdds } from '../../../main/models/network-cost.ts';
import { DeviceTrials, type WantedRates } from '../../../main/pipeline/device-trials.ts';
import { isNetworkWork, type MeasuredRates, type Rate } from '../../../main/pipeline/measured-rates.ts';

const DECODED_PER_SECOND = 500;
const LOOK_MULTIPLY_ADDS = 1e8;

export class KnownDevice extends DeviceTrials {
  readonly #multiplyAddsPerSecond: number;

  constructor(rates: MeasuredRates, multiplyAddsPerSecond: number) {
    super(rates);
    this.#multiplyAddsPerSecond = multiplyAddsPerSecond;
  }

  override async measured({ works, pixels, known, project }: WantedRates): Promise<readonly Rate[]> {
    const place = { device: 'cpu', threads: null };
    return [
      ...known,
      ...works.map(({ work }) => {
        const cost = isNetworkWork(work) ? multiplyAdds(work, work.kind) : LOOK_MULTIPLY_ADDS;
        return { ...work, ...place, imagesPerSecond: this.#multiplyAddsPerSecond / cost };
      }),
      ...pixels.map(({ sizePx }) => {
        const work = { kind: 'decode', project: project.directory, sizePx } as const;
        return { ...work, ...place, imagesPerSecond: DECODED_PER_SECOND };
      }),
    ];
  }
}
