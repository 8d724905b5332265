/** A few single-coloured pictures in the folders that a whole run expects, for the rehearsal of a GPU check. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';

const SIDE_PX = 24;
const COLOURS = { blue: [20, 20, 200], green: [20, 200, 20], red: [200, 20, 20] } as const;
const EACH = { labelled: 4, 'held-out': 2, unlabelled: 4 } as const;

export async function makeRehearsalImages(folder: string): Promise<void> {
  for (const [part, count] of Object.entries(EACH)) {
    for (const [name, [red, green, blue]] of Object.entries(COLOURS)) {
      const place = part === 'unlabelled' ? join(folder, part) : join(folder, part, name);
      await mkdir(place, { recursive: true });
      for (let index = 0; index < count; index++) {
        // Different ones in each part: copies among them would be refused.
        const shade = 5 * index + part.length;
        const background = { r: red + shade, g: green + shade, b: blue + shade };
        const picture = sharp({ create: { width: SIDE_PX, height: SIDE_PX, channels: 3, background } });
        await picture.png().toFile(join(place, `${name}-${index}.png`));
      }
    }
  }
}
