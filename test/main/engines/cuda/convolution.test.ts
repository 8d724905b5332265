/**
 * The convolutions of tensor cores, whole and grouped, over shapes drawn at random: odd sizes, strides, a batch of one, channels that
 * fill no pack, results that fill no tile. Held to float64 over the same rounded numbers, so that only the result's own rounding
 * is left, and a single wrong index shows.
 */
import { describe, expect, it } from 'vitest';
import { at } from '../../../../main/at.ts';
import { GraphBuilder } from '../../../../main/graph/graph-builder.ts';
import { conv } from '../../../../main/graph/ops/conv.ts';
import { convInputGradient } from '../../../../main/graph/ops/conv-input-gradient.ts';
import { convWeightGradient } from '../../../../main/graph/ops/conv-weight-gradient.ts';
import { elementCount, type Shape } from '../../../../main/graph/program.ts';
import { CounterRandom } from '../../../../main/random.ts';
import { valueAt } from '../../../../main/value-at.ts';
import { onStandIn, standInLibrary } from './stand-in-card.ts';

const SEED = 8;
/** Of bfloat16 and of float32, relative to the norm. */
const ROUNDING = { y: 3e-3, dx: 3e-3, dWeight: 1e-5 } as const;
const DRAWS = Number(process.env.KERNEL_DRAWS ?? 1) * 8;

interface Drawn {
  readonly x: Shape;
  readonly weight: Shape;
  readonly y: Shape;
  readonly stride: number;
  readonly padding: number;
  readonly groups: number;
}

function draw(index: number): Drawn {
  const random = new CounterRandom(SEED, index);
  const oneOf = <T>(...choices: readonly T[]): T => at(choices, random.integer(choices.length));
  const kernel = oneOf(1, 3, 3, 5);
  const [stride, padding] = [oneOf(1, 2), oneOf(0, Math.floor(kernel / 2))];
  const grouped = index % 2 === 1;
  const channelsAGroup = grouped ? oneOf(4, 8, 16, 32) : oneOf(3, 8, 20, 40, 72);
  const groups = grouped ? oneOf(2, 3, 5) : 1;
  const filters = grouped ? channelsAGroup * groups : oneOf(5, 16, 70, 130);
  const sizes = [5, 6].map((least) => least + random.integer(5));
  const out = sizes.map((size) => Math.floor((size + 2 * padding - kernel) / stride) + 1);
  const batch = oneOf(1, 1, 3);
  return {
    ...{ stride, padding, groups },
    x: [batch, channelsAGroup * groups, ...sizes],
    weight: [filters, channelsAGroup, kernel, kernel],
    y: [batch, filters, ...out],
  };
}

const cases = Array.from({ length: DRAWS }, (_, index) => ({ index, ...draw(index) })).map((drawn) => ({
  name: `[${drawn.x}] by [${drawn.weight}], stride ${drawn.stride}, padding ${drawn.padding}, ${drawn.groups} groups`,
  drawn,
}));
const library = standInLibrary();

describe.skipIf(!library)('by tensor cores', () => {
  it.each(cases)('$name', async ({ drawn }) => {
    if (!library) return;
    const { engine, device } = onStandIn(library, 'bf16');
    const random = new CounterRandom(SEED, drawn.index, 1);
    const [x, weight, dy] = [drawn.x, drawn.weight, drawn.y].map((shape) => roundedDraws(random, shape)) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const session = await engine.prepare(programOf(drawn), new Map(), { device });
    const found = await session.run(new Map(Object.entries({ x, weight, dy })));
    await session.dispose();
    for (const [name, wanted] of Object.entries(reference(drawn, x, weight, dy))) {
      expect(relativeError(valueAt(found, name), wanted), name).toBeLessThan(ROUNDING[name as 'y']);
    }
  });
});

function programOf({ x, weight, y, stride, padding, groups }: Drawn) {
  const graph = new GraphBuilder();
  const [image, filter, dy] = [graph.input('x', x), graph.input('weight', weight), graph.input('dy', y)];
  const attributes = { strides: [stride, stride], padding: [padding, padding], dilations: [1, 1], groups };
  graph.output('y', graph.applyOne(conv, [image, filter], attributes));
  graph.output('dx', graph.applyOne(convInputGradient, [dy, filter], { ...attributes, inputShape: x }));
  graph.output('dWeight', graph.applyOne(convWeightGradient, [image, dy], { ...attributes, weightShape: weight }));
  return graph.build();
}

/** Every product that a convolution is made of, once, to all that it belongs to. */
function reference(
  { x, weight, y, stride, padding, groups }: Drawn,
  image: Float32Array,
  filter: Float32Array,
  dy: Float32Array,
) {
  const [batch, channels, height, width] = x as [number, number, number, number];
  const [filters, channelsAGroup, kernel] = weight as [number, number, number];
  const [, , outHeight, outWidth] = y as [number, number, number, number];
  const made = {
    y: new Float64Array(elementCount(y)),
    dx: new Float64Array(elementCount(x)),
    dWeight: new Float64Array(elementCount(weight)),
  };
  const filtersAGroup = filters / groups;
  for (let n = 0; n < batch; n++)
    for (let k = 0; k < filters; k++)
      for (let c = 0; c < channelsAGroup; c++)
        for (let r = 0; r < kernel; r++)
          for (let s = 0; s < kernel; s++)
            for (let oh = 0; oh < outHeight; oh++)
              for (let ow = 0; ow < outWidth; ow++) {
                const [h, w] = [oh * stride - padding + r, ow * stride - padding + s];
                if (h < 0 || w < 0 || h >= height || w >= width) continue;
                const channel = Math.floor(k / filtersAGroup) * channelsAGroup + c;
                const atX = ((n * channels + channel) * height + h) * width + w;
                const atWeight = ((k * channelsAGroup + c) * kernel + r) * kernel + s;
                const atY = ((n * filters + k) * outHeight + oh) * outWidth + ow;
                const [a, b, d] = [image[atX] as number, filter[atWeight] as number, dy[atY] as number];
                made.y[atY] = (made.y[atY] as number) + a * b;
                made.dx[atX] = (made.dx[atX] as number) + d * b;
                made.dWeight[atWeight] = (made.dWeight[atWeight] as number) + d * a;
              }
  return made;
}

/** Numbers that bfloat16 has. */
function roundedDraws(random: CounterRandom, shape: Shape): Float32Array {
  const values = Float32Array.from({ length: elementCount(shape) }, () => random.normal());
  const bits = new Uint32Array(values.buffer);
  for (let index = 0; index < bits.length; index++) bits[index] = (bits[index] as number) & 0xffff0000;
  return values;
}

function relativeError(found: Float32Array, wanted: Float64Array): number {
  let [difference, size] = [0, 0];
  for (const [index, value] of wanted.entries()) {
    difference += ((found[index] ?? Number.NaN) - value) ** 2;
    size += value ** 2;
  }
  return Math.sqrt(difference / size);
}
