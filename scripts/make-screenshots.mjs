/** Makes the README's pictures from the screenshots of the last screen tests. */
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const SCREENS = ['collection', 'ranks', 'student', 'compare'];

const pictures = join(root, 'assets', 'screenshots');
await mkdir(pictures, { recursive: true });
for (const screen of SCREENS) {
  for (const scheme of ['light', 'dark']) {
    const made = join(root, 'test-output', 'screens', `${screen}-wide-${scheme}.png`);
    await sharp(made)
      .webp({ quality: 85 })
      .toFile(join(pictures, `${screen}-${scheme}.webp`));
  }
}
