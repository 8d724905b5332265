/** A PNG with exactly these pixels. */
import { sharp } from './sharp-setup.ts';

/** `pixels` is [size, size, 3] row-major. */
export async function squarePng(pixels: Uint8Array, sizePx: number): Promise<Buffer> {
  return await sharp(pixels, { raw: { width: sizePx, height: sizePx, channels: 3 } })
    .png()
    .toBuffer();
}
