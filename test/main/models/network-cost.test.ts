/**
 * The cost of a network grows with the size of the images: smaller ones never cost more, except where the stem changes.
 */
import { describe, expect, it } from 'vitest';
import { architectureOf } from '../../../main/models/architectures.ts';
import { architecture, architectureNames } from '../../../main/models/family.ts';
import { multiplyAdds, tensorBytes } from '../../../main/models/network-cost.ts';

const SIZES_PX = Array.from({ length: 241 }, (_, index) => 16 + index);
/** CIFAR's size, up to which a network keeps its images' resolution. */
const LARGEST_SMALL_PX = 32;

function costsOf(model: string, sizesPx: readonly number[]) {
  const named = architecture(model, 10);
  return sizesPx.flatMap((imageSizePx) => {
    const network = architectureOf(named).chosen(named, { width: null, blocks: null, stem: 'auto' }, imageSizePx);
    if (architectureOf(network).refusal(network, model, imageSizePx) !== undefined) return [];
    return [{ imageSizePx, cost: multiplyAdds({ network, imageSizePx }, 'predict') }];
  });
}

describe.each(architectureNames)('%s', (model) => {
  // For the deep ones every eighth size, and both sides of the size at which the stem changes.
  const some = SIZES_PX.filter((size) => size % 8 === 0 || size % 14 === 0 || size === LARGEST_SMALL_PX + 1);
  const costs = costsOf(model, model.startsWith('small') || model === 'resnet18' ? SIZES_PX : some);

  it('never costs less for larger images, on either side of the stem’s change', () => {
    for (const side of [
      costs.filter(({ imageSizePx }) => imageSizePx <= LARGEST_SMALL_PX),
      costs.filter(({ imageSizePx }) => imageSizePx > LARGEST_SMALL_PX),
    ]) {
      const values = side.map(({ cost }) => cost);
      expect(values).toEqual(values.toSorted((a, b) => a - b));
    }
  });

  it('costs with small images at most what it costs with four times their side', () => {
    const dearestSmall = Math.max(
      ...costs.filter((one) => one.imageSizePx <= LARGEST_SMALL_PX).map(({ cost }) => cost),
    );
    const large = costs.filter(({ imageSizePx }) => imageSizePx >= 4 * LARGEST_SMALL_PX);
    expect(dearestSmall).toBeLessThanOrEqual(Math.min(...large.map(({ cost }) => cost)));
  });
});

it('is known of ResNet-50 as its authors publish it', () => {
  const network = architecture('resnet50', 1000);
  // torchvision says 4.09 billion multiply-adds and 97.8 MB.
  expect(multiplyAdds({ network, imageSizePx: 224 }, 'predict') / 1e9).toBeCloseTo(4.09, 2);
  expect(tensorBytes({ network, imageSizePx: 224 }, 1, 'predict').weights / 2 ** 20).toBeCloseTo(97.7, 0);
});
