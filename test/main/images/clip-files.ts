/** Clips for tests: frames of one colour each, as a folder, an animation or raw pixels. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';

export const grey = (level: number, widthPx = 16, heightPx = 16) =>
  sharp({ create: { width: widthPx, height: heightPx, channels: 3, background: { r: level, g: level, b: level } } });

/** A folder whose frames are called 1.png, 2.png, … 10.png. */
export async function frameFolder(folder: string, levels: readonly number[], sizePx = 16): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const [index, level] of levels.entries()) {
    writeFileSync(join(folder, `${index + 1}.png`), await grey(level, sizePx, sizePx).png().toBuffer());
  }
}

export async function animation(
  format: 'gif' | 'webp',
  levels: readonly number[],
  delay: number[] = levels.map(() => 100),
): Promise<Buffer> {
  const frames = await Promise.all(levels.map((level) => grey(level).png().toBuffer()));
  const joined = sharp(frames, { join: { animated: true } });
  return format === 'gif'
    ? await joined.gif({ delay }).toBuffer()
    : await joined.webp({ delay, lossless: true }).toBuffer();
}
