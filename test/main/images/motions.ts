/**
 * Clips that a single frame cannot distinguish: a texture moves to the left, to the right, up or down, and wraps around
 * at the edges, so that each frame of each class has the same distribution. The same seed and number give the same
 * clip. For tests and for the study in docs/science.md.
 */
import { CounterRandom } from '../../../main/random.ts';

export const MOTIONS = ['down', 'left', 'right', 'up'] as const;
export type Motion = (typeof MOTIONS)[number];

const STEPS: Readonly<Record<Motion, readonly [x: number, y: number]>> = {
  down: [0, 1],
  left: [-1, 0],
  right: [1, 0],
  up: [0, -1],
};

export interface MotionShape {
  readonly sizePx: number;
  readonly frames: number;
  /** Deviation of each frame's own noise, in levels of 256. */
  readonly noise: number;
}

/** The waves that each texture is a sum of; whole periods per side, so that its edges meet. */
const WAVES = 5;
const MOST_WAVES_A_SIDE = 3;

/** [frames, size, size, 3]. */
export function motionClip(
  motion: Motion,
  { sizePx, frames, noise }: MotionShape,
  seed: number,
  number: number,
): Uint8Array {
  const random = new CounterRandom(seed, number);
  const waves = Array.from({ length: 3 * WAVES }, () => ({
    x: random.integer(2 * MOST_WAVES_A_SIDE + 1) - MOST_WAVES_A_SIDE,
    y: random.integer(2 * MOST_WAVES_A_SIDE + 1) - MOST_WAVES_A_SIDE,
    phase: random.uniform(),
    height: 20 + 20 * random.uniform(),
  }));
  const base = [0, 1, 2].map(() => 90 + 76 * random.uniform());
  // A constant speed, with the same distribution for all motions.
  const speed = (sizePx / 24) * (0.8 + 0.8 * random.uniform());
  const [stepX, stepY] = STEPS[motion];
  const grain = new CounterRandom(seed, number, 1);
  const clip = new Uint8Array(frames * sizePx * sizePx * 3);
  let place = 0;
  for (let frame = 0; frame < frames; frame++) {
    for (let y = 0; y < sizePx; y++) {
      for (let x = 0; x < sizePx; x++) {
        const [u, v] = [(x - stepX * speed * frame) / sizePx, (y - stepY * speed * frame) / sizePx];
        for (let channel = 0; channel < 3; channel++) {
          let level = base[channel] as number;
          for (let wave = channel * WAVES; wave < (channel + 1) * WAVES; wave++) {
            const { x: wx, y: wy, phase, height } = waves[wave] as (typeof waves)[number];
            level += height * Math.sin(2 * Math.PI * (wx * u + wy * v + phase));
          }
          clip[place++] = Math.max(0, Math.min(255, Math.round(level + noise * grain.normal())));
        }
      }
    }
  }
  return clip;
}
