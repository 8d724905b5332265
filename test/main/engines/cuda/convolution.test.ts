/**
 * The tensor-core convolutions, ungrouped and grouped, over random shapes. Compared with float64 over the same rounded
 * numbers, so that only the result's own rounding remains, and a single wrong index shows; and every tile that a card may
 * choose, whose results have the same bits.
 */
import { describe, expect, it, onTestFinished } from 'vitest';
import { CudaSession } from '../../../../main/engines/cuda/cuda-session.ts';
import { planProgram } from '../../../../main/engines/cuda/plan-program.ts';
import { byTile } from '../../../../main/engines/cuda/tiles.ts';
import { GraphBuilder } from '../../../../main/graph/graph-builder.ts';
import { conv } from '../../../../main/graph/ops/conv.ts';
import { convInputGradient } from '../../../../main/graph/ops/conv-input-gradient.ts';
import { convWeightGradient } from '../../../../main/graph/ops/conv-weight-gradient.ts';
import { CounterRandom } from '../../../../main/random.ts';
import { valueAt } from '../../../../main/value-at.ts';
import {
  attributesOf,
  type Drawn,
  draw,
  drawnName,
  reference,
  relativeError,
  roundedDraws,
} from './drawn-convolutions.ts';
import { standInCard, standInLibrary } from './stand-in-card.ts';

const SEED = 8;
/** Rounding of bfloat16 and of float32, relative to the norm. */
const ROUNDING = { y: 3e-3, dx: 3e-3, dWeight: 1e-5 } as const;
const DRAWS = Number(process.env.KERNEL_DRAWS ?? 1) * 8;

const cases = Array.from({ length: DRAWS }, (_, index) => ({ index, drawn: draw(index) })).map((one) => ({
  ...one,
  name: drawnName(one.drawn),
}));
const library = standInLibrary();

describe.skipIf(!library)('by tensor cores', () => {
  it.each(cases)('$name', async ({ index, drawn }) => {
    if (!library) return;
    const random = new CounterRandom(SEED, index, 1);
    const [x, weight, dy] = [drawn.x, drawn.weight, drawn.y].map((shape) => roundedDraws(random, shape)) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const program = programOf(drawn);
    const plan = planProgram(program, 'bf16');
    const card = standInCard(library);
    onTestFinished(() => card.close());
    const byTiles = async (rank: number) => {
      const session = new CudaSession(card, program, plan, new Map(), (launches) =>
        launches.map((launch) => byTile(launch, launch.tiles[rank]?.kernel)),
      );
      const made = await session.run(new Map(Object.entries({ x, weight, dy })));
      await session.dispose();
      return made;
    };
    const found = await byTiles(0);
    const tiles = Math.max(...plan.launches.map((launch) => launch.tiles.length));
    expect(tiles).toBe(drawn.groups === 1 ? 7 : 0);
    for (let rank = 1; rank < tiles; rank++) expect(await byTiles(rank)).toEqual(found);
    for (const [name, wanted] of Object.entries(reference(drawn, x, weight, dy))) {
      expect(relativeError(valueAt(found, name), wanted), name).toBeLessThan(ROUNDING[name as 'y']);
    }
  });
});

function programOf(drawn: Drawn) {
  const { x, weight, y } = drawn;
  const graph = new GraphBuilder();
  const [image, filter, dy] = [graph.input('x', x), graph.input('weight', weight), graph.input('dy', y)];
  const attributes = attributesOf(drawn);
  graph.output('y', graph.applyOne(conv, [image, filter], attributes));
  graph.output('dx', graph.applyOne(convInputGradient, [dy, filter], { ...attributes, inputShape: x }));
  graph.output('dWeight', graph.applyOne(convWeightGradient, [image, dy], { ...attributes, weightShape: weight }));
  return graph.build();
}
