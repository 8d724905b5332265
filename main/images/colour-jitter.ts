/** Random brightness, contrast, saturation and hue of 8-bit pixels. */
import type { CounterRandom } from '../random.ts';

export interface ColourJitter {
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
  /** In turns of the colour wheel. */
  readonly hue: number;
}

/** ITU-R BT.601 luma. */
const LUMA = [0.299, 0.587, 0.114] as const;

/** A changed copy of `source` [size, size, 3]. */
export function jitterColour(
  source: Uint8Array,
  jitter: ColourJitter,
  random: CounterRandom,
): Uint8ClampedArray & Uint8Array {
  const factor = (strength: number) => 1 + strength * (2 * random.uniform() - 1);
  const brightness = factor(jitter.brightness);
  const contrast = factor(jitter.contrast);
  const saturation = factor(jitter.saturation);
  const angle = 2 * Math.PI * jitter.hue * (2 * random.uniform() - 1);
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  let sum = 0;
  for (let i = 0; i < source.length; i += 3) {
    sum += LUMA[0] * (source[i] as number) + LUMA[1] * (source[i + 1] as number) + LUMA[2] * (source[i + 2] as number);
  }
  const middle = (brightness * sum * 3) / source.length;
  const changed = new Uint8ClampedArray(source.length);
  for (let i = 0; i < source.length; i += 3) {
    const [r, g, b] = [source[i] as number, source[i + 1] as number, source[i + 2] as number];
    const luma = LUMA[0] * r + LUMA[1] * g + LUMA[2] * b;
    // YIQ: hue rotates the two colour axes, saturation scales them.
    const inPhase = saturation * (0.596 * r - 0.274 * g - 0.322 * b);
    const quadrature = saturation * (0.211 * r - 0.523 * g + 0.312 * b);
    const turnedI = cosine * inPhase - sine * quadrature;
    const turnedQ = sine * inPhase + cosine * quadrature;
    const light = (contrast * (brightness * luma - middle) + middle) as number;
    const scale = contrast * brightness;
    changed[i] = light + scale * (0.956 * turnedI + 0.621 * turnedQ);
    changed[i + 1] = light + scale * (-0.272 * turnedI - 0.647 * turnedQ);
    changed[i + 2] = light + scale * (-1.106 * turnedI + 1.703 * turnedQ);
  }
  return changed as Uint8ClampedArray & Uint8Array;
}
