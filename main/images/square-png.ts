/** A PNG with exactly these pixels. */
import { sharp } from './sharp-setup.ts';

/** `pixels` is [size, squares · size, 3] row-major: squares side by side. */
export async function squarePng(pixels: Uint8Array, sizePx: number, squares = 1): Promise<Buffer> {
  return await sharp(pixels, { raw: { width: squares * sizePx, height: sizePx, channels: 3 } })
    .png()
    .toBuffer();
}
