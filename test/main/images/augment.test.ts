import { describe, expect, it } from 'vitest';
import { type Augmentation, augment, centreCrop } from '../../../main/images/augment.ts';
import { mixBatch } from '../../../main/images/mix.ts';
import { normalised } from '../../../main/images/normalise.ts';
import { CounterRandom } from '../../../main/random.ts';
import { drawnPixels } from '../image-files.ts';

const SIZE = 12;
const source = new Uint8Array(drawnPixels({ widthPx: SIZE, heightPx: SIZE, seed: 3 }));
const plain: Augmentation = { crop: { kind: 'none' }, horizontalFlip: false };

function augmented(augmentation: Augmentation, seed = 1, targetPx = SIZE): Float32Array {
  const target = new Float32Array(3 * targetPx ** 2);
  augment(source, SIZE, target, 0, targetPx, augmentation, new CounterRandom(seed));
  return target;
}

describe('augmentation', () => {
  it('without any change is the evaluation transform', () => {
    const target = new Float32Array(3 * SIZE ** 2);
    centreCrop(source, SIZE, target, 0, SIZE);
    expect(augmented(plain)).toEqual(target);
    expect(target[0]).toBe(normalised[0][source[0] ?? 0]);
    expect(target[SIZE * SIZE]).toBe(normalised[1][source[1] ?? 0]);
  });

  it('is the same for the same seed and varies with it', () => {
    const all: Augmentation = {
      crop: { kind: 'randomResized', minimumArea: 0.2, maximumAspect: 4 / 3 },
      horizontalFlip: true,
      colourJitter: { brightness: 0.3, contrast: 0.3, saturation: 0.3, hue: 0.1 },
      randomErasing: { probability: 0.5, maximumArea: 0.3 },
    };
    expect(augmented(all, 5)).toEqual(augmented(all, 5));
    expect(augmented(all, 5)).not.toEqual(augmented(all, 6));
  });

  it('flips about half of all images, and a flipped one is its mirror image', () => {
    const straight = augmented(plain);
    const mirrored = Float32Array.from(straight, (_, index) => {
      const x = index % SIZE;
      return straight[index - x + (SIZE - 1 - x)] ?? 0;
    });
    const flips = Array.from({ length: 200 }, (_, seed) => augmented({ ...plain, horizontalFlip: true }, seed));
    const flipped = flips.filter((image) => Buffer.from(image.buffer).equals(Buffer.from(mirrored.buffer)));
    const kept = flips.filter((image) => Buffer.from(image.buffer).equals(Buffer.from(straight.buffer)));
    expect(flipped.length + kept.length).toBe(200);
    expect(flipped.length).toBeGreaterThan(70);
    expect(flipped.length).toBeLessThan(130);
  });

  it('pads by reflection: every pixel of a shifted crop is one of the image', () => {
    const crop: Augmentation = { crop: { kind: 'reflectPad', paddingPx: 4 }, horizontalFlip: false };
    const levels = new Set(augmented(plain));
    for (let seed = 0; seed < 30; seed++) {
      for (const value of augmented(crop, seed)) expect(levels.has(value)).toBe(true);
    }
  });

  it('crops and resizes a uniform image to itself', () => {
    const uniform = new Uint8Array(3 * SIZE ** 2).fill(77);
    const target = new Float32Array(3 * 8 * 8);
    const crop: Augmentation = {
      crop: { kind: 'randomResized', minimumArea: 0.1, maximumAspect: 2 },
      horizontalFlip: true,
    };
    augment(uniform, SIZE, target, 0, 8, crop, new CounterRandom(4));
    for (const [index, value] of target.entries()) {
      expect(value).toBeCloseTo(normalised[Math.floor(index / 64)]?.[77] ?? 0, 5);
    }
  });
});

describe('mixing', () => {
  it.each(['mixup', 'cutmix'] as const)('%s keeps targets distributions and pixels in range', (kind) => {
    const shape = { batch: 4, channels: 3, sizePx: 4, classes: 3 } as const;
    const images = Float32Array.from({ length: 4 * 48 }, (_, index) => Math.floor(index / 48));
    const targets = Float32Array.from({ length: 12 }, (_, index) => Number(index % 3 === Math.floor(index / 3) % 3));
    mixBatch(images, targets, shape, { kind, alpha: 1 }, new CounterRandom(8));
    for (let row = 0; row < 4; row++) {
      expect(targets.slice(3 * row, 3 * row + 3).reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
    }
    for (const value of images) {
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThanOrEqual(3);
    }
  });

  it('mixes images and targets by the same share', () => {
    const shape = { batch: 2, channels: 3, sizePx: 8, classes: 2 } as const;
    for (const kind of ['mixup', 'cutmix'] as const) {
      const images = Float32Array.from({ length: 2 * 192 }, (_, index) => Number(index >= 192));
      const targets = Float32Array.of(1, 0, 0, 1);
      mixBatch(images, targets, shape, { kind, alpha: 1 }, new CounterRandom(3));
      const shareOfOther = images.slice(0, 192).reduce((sum, value) => sum + value, 0) / 192;
      expect(targets[1]).toBeCloseTo(shareOfOther, 5);
    }
  });
});
