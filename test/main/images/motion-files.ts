/** Clips of motions as files: folders of frames, or animated WebPs. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { MOTIONS, type MotionShape, motionClip } from './motions.ts';

/** `each` clips of every motion in a folder of its name, numbered from `first`; without labels, all in one folder. */
export async function writeMotions(
  folder: string,
  { each, first, labelled }: { each: number; first: number; labelled: boolean },
  shape: MotionShape,
  seed: number,
): Promise<void> {
  for (const [index, motion] of MOTIONS.entries()) {
    const own = labelled ? join(folder, motion) : folder;
    mkdirSync(own, { recursive: true });
    for (let number = 0; number < each; number++) {
      const id = first + number * MOTIONS.length + index;
      const pixels = motionClip(motion, shape, seed, id);
      const { sizePx, frames } = shape;
      const strip = sharp(pixels, { raw: { width: sizePx, height: sizePx * frames, channels: 3, pageHeight: sizePx } });
      writeFileSync(
        join(own, `${String(id).padStart(5, '0')}.webp`),
        await strip.webp({ lossless: true, effort: 0 }).toBuffer(),
      );
    }
  }
}
