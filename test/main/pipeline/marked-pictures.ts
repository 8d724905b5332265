/** Pictures with several marks, each a class of its own: coloured shapes anywhere in the picture. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { at } from '../../../main/at.ts';
import { CounterRandom } from '../../../main/random.ts';

const MARKS = {
  red: { colour: '#e02020', shape: (x: number, y: number) => `<rect x="${x - 3}" y="${y - 3}" width="6" height="6"` },
  green: { colour: '#20c040', shape: (x: number, y: number) => `<circle cx="${x}" cy="${y}" r="3.5"` },
  blue: { colour: '#3050ff', shape: (x: number, y: number) => `<path d="M${x} ${y - 4}l4 7h-8z"` },
  white: { colour: '#ffffff', shape: (x: number, y: number) => `<rect x="${x - 4}" y="${y - 1}" width="8" height="3"` },
} as const;

export const MARK_NAMES = Object.keys(MARKS) as (keyof typeof MARKS)[];
const SIDE = 24;

export interface Marked {
  readonly name: string;
  /** At least one. */
  readonly marks: readonly string[];
}

/** Draws `count` pictures into the folder, and returns their marks. */
export async function drawMarked(folder: string, count: number, seed: number): Promise<Marked[]> {
  mkdirSync(folder, { recursive: true });
  const drawn: Marked[] = [];
  for (let index = 0; index < count; index++) {
    const random = new CounterRandom(seed, index);
    const carried = MARK_NAMES.filter(() => random.uniform() < 0.4);
    if (carried.length === 0) carried.push(at(MARK_NAMES, Math.floor(random.uniform() * MARK_NAMES.length)));
    const shapes = carried.map((mark) => {
      const [x, y] = [4 + random.uniform() * (SIDE - 8), 4 + random.uniform() * (SIDE - 8)];
      return `${MARKS[mark].shape(x, y)} fill="${MARKS[mark].colour}"/>`;
    });
    const grey = Math.floor(40 + 60 * random.uniform());
    const name = `${String(index).padStart(4, '0')}.png`;
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${SIDE}" height="${SIDE}"><rect width="${SIDE}" height="${SIDE}" fill="rgb(${grey},${grey},${grey})"/>${shapes.join('')}</svg>`;
    await sharp(Buffer.from(svg)).png({ compressionLevel: 1 }).toFile(join(folder, name));
    drawn.push({ name, marks: carried });
  }
  return drawn;
}

/** A list of the pictures, with their marks in one column. */
export function listOf(pictures: readonly Marked[], folder: string): string {
  return ['path,label', ...pictures.map(({ name, marks }) => `${folder}/${name},${marks.join(';')}`), ''].join('\n');
}
