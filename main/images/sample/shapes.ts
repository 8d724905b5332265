/**
 * The objects in the sample collection, drawn as SVG in a box of 100 × 100 around the origin. Classes differ in form;
 * colour is only a hint. The proportions of every drawing vary.
 */
import type { CounterRandom } from '../../random.ts';

/** Returns SVG markup; `ink` is the fill, `line` the outline. */
export type Drawing = (random: CounterRandom, ink: string, line: string) => string;

export interface Thing {
  readonly draw: Drawing;
  /** Degrees on the colour wheel. */
  readonly usualHue: number;
}

const vary = (random: CounterRandom, value: number, share = 0.18): number =>
  Math.round(value * (1 + share * (2 * random.uniform() - 1)) * 10) / 10;

const mug: Drawing = (random, ink, line) => {
  const [width, height, handle] = [vary(random, 24), vary(random, 30), vary(random, 15)];
  return `<path d="M${-width} ${-height}H${width}L${width * 0.85} ${height}H${-width * 0.85}Z" fill="${ink}" stroke="${line}" stroke-width="3"/>
    <path d="M${width} ${-height * 0.6}q${handle * 1.6} 0 ${handle * 1.2} ${height * 0.6}t${-handle * 1.3} ${height * 0.5}" fill="none" stroke="${ink}" stroke-width="7"/>
    <ellipse cx="0" cy="${-height}" rx="${width}" ry="${vary(random, 5)}" fill="${line}"/>`;
};

const key: Drawing = (random, ink, line) => {
  const [bow, shaft] = [vary(random, 15), vary(random, 50)];
  return `<circle cx="${-shaft / 2}" cy="0" r="${bow}" fill="none" stroke="${ink}" stroke-width="${vary(random, 9)}"/>
    <path d="M${-shaft / 2 + bow} 0H${shaft * 0.75}m-6 0v${vary(random, 13)}m-12 0v${-vary(random, 13)}" stroke="${ink}" stroke-width="8" fill="none"/>
    <circle cx="${-shaft / 2}" cy="0" r="${bow * 1.25}" fill="none" stroke="${line}" stroke-width="1.5"/>`;
};

const leaf: Drawing = (random, ink, line) => {
  const [length, width] = [vary(random, 42), vary(random, 24)];
  const veins = [-0.4, 0, 0.4]
    .map(
      (at) => `M0 ${at * length}l${width * 0.5} ${-length * 0.22}M0 ${at * length}l${-width * 0.5} ${-length * 0.22}`,
    )
    .join('');
  return `<path d="M0 ${-length}Q${width * 1.4} ${-length * 0.2} 0 ${length * 0.8}Q${-width * 1.4} ${-length * 0.2} 0 ${-length}Z" fill="${ink}" stroke="${line}" stroke-width="2"/>
    <path d="M0 ${-length * 0.9}V${length}${veins}" stroke="${line}" stroke-width="2.5" fill="none"/>`;
};

const fish: Drawing = (random, ink, line) => {
  const [length, height] = [vary(random, 32), vary(random, 19)];
  return `<path d="M${-length} 0Q0 ${-height * 1.7} ${length} 0Q0 ${height * 1.7} ${-length} 0Z" fill="${ink}" stroke="${line}" stroke-width="2"/>
    <path d="M${length * 0.85} 0l${vary(random, 20)} ${-height * 0.9}v${height * 1.8}Z" fill="${ink}" stroke="${line}" stroke-width="2"/>
    <circle cx="${-length * 0.6}" cy="${-height * 0.15}" r="3.5" fill="${line}"/>`;
};

const chair: Drawing = (random, ink, line) => {
  const [width, seat, back] = [vary(random, 20), vary(random, 6), vary(random, 40)];
  return `<path d="M${-width} ${-back}V38M${width} ${seat}V38M${-width} ${seat}H${width}M${-width} ${-back}h8v${back}" stroke="${ink}" stroke-width="8" fill="none"/>
    <path d="M${-width} ${-back * 0.6}h6M${-width} ${-back * 0.3}h6" stroke="${line}" stroke-width="3"/>`;
};

const mushroom: Drawing = (random, ink, line) => {
  const [cap, stem] = [vary(random, 36), vary(random, 11)];
  return `<path d="M${-stem} 0L${-stem * 0.8} 40H${stem * 0.8}L${stem} 0Z" fill="${line}"/>
    <path d="M${-cap} 4Q${-cap * 0.8} ${-cap * 1.1} 0 ${-cap}Q${cap * 0.8} ${-cap * 1.1} ${cap} 4Z" fill="${ink}" stroke="${line}" stroke-width="2"/>`;
};

const bolt: Drawing = (random, ink, line) => {
  const [head, shaft] = [vary(random, 20), vary(random, 9)];
  const threads = [4, 12, 20, 28, 36].map((y) => `M${-shaft - 2} ${y}L${shaft + 2} ${y + 4}`).join('');
  return `<path d="M${-head} ${-36}H${head}l5 9l-5 9H${-head}l-5 -9Z" fill="${ink}" stroke="${line}" stroke-width="2"/>
    <rect x="${-shaft}" y="-18" width="${2 * shaft}" height="60" fill="${ink}"/><path d="${threads}" stroke="${line}" stroke-width="3"/>`;
};

const glasses: Drawing = (random, ink, line) => {
  const [lens, gap] = [vary(random, 16), vary(random, 8)];
  return `<g fill="${line}" fill-opacity="0.35" stroke="${ink}" stroke-width="6"><circle cx="${-lens - gap}" cy="4" r="${lens}"/><circle cx="${lens + gap}" cy="4" r="${lens}"/>
    <path d="M${-gap} 2q${gap} -8 ${2 * gap} 0M${-2 * lens - gap} 0l-8 ${-vary(random, 12)}M${2 * lens + gap} 0l8 ${-vary(random, 12)}" fill="none"/></g>`;
};

/** In alphabetical order, as folders list them. */
export const sampleClasses: Readonly<Record<string, Thing>> = {
  bolt: { draw: bolt, usualHue: 270 },
  chair: { draw: chair, usualHue: 30 },
  fish: { draw: fish, usualHue: 200 },
  glasses: { draw: glasses, usualHue: 315 },
  key: { draw: key, usualHue: 60 },
  leaf: { draw: leaf, usualHue: 110 },
  mug: { draw: mug, usualHue: 230 },
  mushroom: { draw: mushroom, usualHue: 0 },
};

const star: Drawing = (random, ink, line) => {
  const points = Array.from({ length: 10 }, (_, index) => {
    const radius = index % 2 === 0 ? 40 : vary(random, 18);
    const angle = (Math.PI * index) / 5;
    return `${Math.round(radius * Math.sin(angle))},${Math.round(-radius * Math.cos(angle))}`;
  });
  return `<polygon points="${points.join(' ')}" fill="${ink}" stroke="${line}" stroke-width="3"/>`;
};

const umbrella: Drawing = (random, ink, line) =>
  `<path d="M-40 0A40 ${vary(random, 38)} 0 0 1 40 0Q30 -8 20 0Q10 -8 0 0Q-10 -8 -20 0Q-30 -8 -40 0Z" fill="${ink}"/>
   <path d="M0 -4V32q0 10 -12 8" fill="none" stroke="${line}" stroke-width="5"/>`;

const crate: Drawing = (random, ink, line) => {
  const side = vary(random, 32);
  return `<rect x="${-side}" y="${-side}" width="${2 * side}" height="${2 * side}" fill="${ink}" stroke="${line}" stroke-width="5"/>
    <path d="M${-side} ${-side}L${side} ${side}M${side} ${-side}L${-side} ${side}" stroke="${line}" stroke-width="5"/>`;
};

const pebble: Drawing = (random, ink) =>
  `<ellipse cx="0" cy="0" rx="${vary(random, 34)}" ry="${vary(random, 22)}" fill="${ink}"/>`;

/** Objects of no class. */
export const distractors: readonly Thing[] = [
  { draw: star, usualHue: 45 },
  { draw: umbrella, usualHue: 340 },
  { draw: crate, usualHue: 20 },
  { draw: pebble, usualHue: 180 },
];
