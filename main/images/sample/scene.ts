/**
 * One picture of the sample collection: an object in any pose and colour, before a cluttered background, in uneven
 * light, sometimes half hidden, blurred, noisy, or badly compressed. The same seed gives the same bytes.
 */
import { at } from '../../at.ts';
import { CounterRandom } from '../../random.ts';
import { sharp } from '../sharp-setup.ts';
import type { Thing } from './shapes.ts';

export interface SceneOptions {
  readonly sizePx: number;
  /** Determines everything about the picture. */
  readonly seed: number;
  /** A slightly different photograph of the same scene: other light, other compression. */
  readonly retake?: boolean;
}

/** The share of pictures whose object has approximately its usual colour; the others have any colour. */
const HUE_HINTS = 0.75;

/** Returns the JPEG file. */
export async function photograph(thing: Thing, { sizePx, seed, retake = false }: SceneOptions): Promise<Buffer> {
  const random = new CounterRandom(seed, 1);
  const svg = scene(thing, random, sizePx);
  const blur = random.uniform() < 0.3 ? 0.3 + 0.5 * random.uniform() : 0;
  const noise = 1 + 7 * random.uniform() ** 2;
  const quality = 45 + random.integer(50);
  const image = sharp(Buffer.from(svg)).flatten({ background: '#777' });
  const { data } = await (blur > 0 ? image.blur(blur) : image)
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  addNoise(data, noise, new CounterRandom(seed, 2), retake ? 3 : 0);
  return await sharp(data, { raw: { width: sizePx, height: sizePx, channels: 3 } })
    .jpeg({ quality: retake ? 95 : quality })
    .toBuffer();
}

function scene({ draw, usualHue }: Thing, random: CounterRandom, sizePx: number): string {
  const hue = random.uniform() < HUE_HINTS ? usualHue + 80 * (random.uniform() - 0.5) : random.integer(360);
  const dark = random.uniform() < 0.5;
  const ink = colour(random, hue, dark ? 34 : 64, 45);
  const line = colour(random, hue + 40, dark ? 12 : 42, 30);
  const size = 0.78 + 0.34 * random.uniform();
  const turn = Math.round(50 * (random.uniform() - 0.5) + (random.uniform() < 0.08 ? 360 * random.uniform() : 0));
  const mirrored = random.uniform() < 0.5 ? -1 : 1;
  const skew = Math.round(20 * (random.uniform() - 0.5));
  const [x, y] = [50 + 18 * (random.uniform() - 0.5), 50 + 18 * (random.uniform() - 0.5)];
  const pose = `translate(${x.toFixed(1)} ${y.toFixed(1)}) rotate(${turn}) skewX(${skew}) scale(${(mirrored * size).toFixed(2)} ${size.toFixed(2)})`;
  const thing = draw(random, ink, line);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${sizePx}" height="${sizePx}" viewBox="0 0 100 100">
    ${background(random)}
    <g transform="translate(4 5)" opacity="0.35"><g transform="${pose}">${draw(new CounterRandom(turn), '#000', '#000')}</g></g>
    <g transform="${pose}">${thing}</g>
    ${foreground(random)}
    ${light(random)}
  </svg>`;
}

function background(random: CounterRandom): string {
  const [top, bottom] = [random.integer(360), random.integer(360)];
  const clutter = Array.from({ length: 2 + random.integer(5) }, () => clutterPiece(random)).join('');
  return `<defs><linearGradient id="b" x2="${random.uniform().toFixed(2)}" y2="1"><stop stop-color="${colour(random, top, 25 + 55 * random.uniform())}"/><stop offset="1" stop-color="${colour(random, bottom, 25 + 55 * random.uniform())}"/></linearGradient></defs>
    <rect width="100" height="100" fill="url(#b)"/>${clutter}`;
}

function clutterPiece(random: CounterRandom): string {
  const fill = colour(random, random.integer(360), 20 + 60 * random.uniform());
  const [x, y, size] = [random.integer(100), random.integer(100), 6 + random.integer(24)];
  const opacity = (0.25 + 0.5 * random.uniform()).toFixed(2);
  const kinds = [
    `<circle cx="${x}" cy="${y}" r="${size / 2}" fill="${fill}" opacity="${opacity}"/>`,
    `<rect x="${x}" y="${y}" width="${size}" height="${size / 2}" transform="rotate(${random.integer(180)} ${x} ${y})" fill="${fill}" opacity="${opacity}"/>`,
    `<path d="M${x} ${y}l${random.integer(80) - 40} ${random.integer(80) - 40}" stroke="${fill}" stroke-width="${1 + random.integer(5)}" opacity="${opacity}"/>`,
  ];
  return at(kinds, random.integer(kinds.length));
}

/** Something in the foreground, in one picture of six. */
function foreground(random: CounterRandom): string {
  if (random.uniform() > 1 / 6) return '';
  const fill = colour(random, random.integer(360), 30 + 40 * random.uniform());
  const angle = random.integer(180);
  return `<rect x="${15 + random.integer(55)}" y="-20" width="${5 + random.integer(10)}" height="140" transform="rotate(${angle} 50 50)" fill="${fill}"/>`;
}

function light(random: CounterRandom): string {
  const shade = random.uniform() < 0.5 ? '#000' : '#fff';
  const strength = (0.45 * random.uniform()).toFixed(2);
  return `<defs><linearGradient id="l" x1="${random.uniform().toFixed(2)}" x2="${random.uniform().toFixed(2)}" y2="1"><stop stop-color="${shade}" stop-opacity="${strength}"/><stop offset="1" stop-color="${shade}" stop-opacity="0"/></linearGradient></defs><rect width="100" height="100" fill="url(#l)"/>`;
}

function colour(random: CounterRandom, hue: number, lightness: number, leastSaturation = 0): string {
  return `hsl(${Math.round(hue + 360) % 360},${leastSaturation + random.integer(40)}%,${Math.round(lightness)}%)`;
}

function addNoise(pixels: Buffer, deviation: number, random: CounterRandom, brighter: number): void {
  for (let i = 0; i < pixels.length; i++) {
    // The sum of three uniform draws approximates the normal distribution of a camera's noise.
    const draw = random.uniform() + random.uniform() + random.uniform() - 1.5;
    pixels[i] = Math.max(0, Math.min(255, Math.round((pixels[i] as number) + 2 * deviation * draw + brighter)));
  }
}
