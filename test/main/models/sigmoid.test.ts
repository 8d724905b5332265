/** Independent classes: the loss compared with float64, its gradient with finite differences, on every engine. */
import { describe, expect, it } from 'vitest';
import { at } from '../../../main/at.ts';
import { gradients } from '../../../main/graph/autodiff.ts';
import { GraphBuilder } from '../../../main/graph/graph-builder.ts';
import { sigmoidCrossEntropy, sigmoids } from '../../../main/models/sigmoid.ts';
import { CounterRandom } from '../../../main/random.ts';
import { testedDevices } from '../engines/available-devices.ts';
import { onStandIn, standInLibrary } from '../engines/cuda/stand-in-card.ts';

const [BATCH, CLASSES] = [3, 5] as const;
/** Logits, losses and what follows from them are float32 on a card too, in either precision. */
const TOLERANCE = { cpu: 1e-5, webgpu: 1e-4, tensorflow: 1e-5, 'cuda in fp32': 1e-5, 'cuda in bf16': 1e-5 } as const;

const random = new CounterRandom(11);
/** Includes values that a naive exponential would lose. */
const LOGITS = Float32Array.from({ length: BATCH * CLASSES }, (_, place) =>
  place === 4 ? 60 : place === 7 ? -60 : 3 * random.normal(),
);
const IS = Array.from(LOGITS, () => Number(random.uniform() < 0.4));
const TARGETS = Float32Array.from(IS.flatMap((is) => [is, 1 - is]));

/** max(x, 0) − x·y + log(1 + e^−|x|), in float64. */
function lossOf(logits: ArrayLike<number>): number {
  const terms = IS.map((is, place) => {
    const logit = logits[place] as number;
    return Math.max(logit, 0) - logit * is + Math.log1p(Math.exp(-Math.abs(logit)));
  });
  return terms.reduce((sum, term) => sum + term, 0) / BATCH;
}

const library = standInLibrary();
const cards = (['fp32', 'bf16'] as const).map((precision) => ({
  name: `cuda in ${precision}` as const,
  present: library !== undefined,
  ...onStandIn(library ?? '', precision),
}));

describe.each([...(await testedDevices()), ...cards])('on $name', ({ name, device, engine, present }) => {
  it.skipIf(!present)('the loss, its gradient and the probabilities are those of float64', async () => {
    const graph = new GraphBuilder();
    const logits = graph.state('logits', [BATCH, CLASSES]);
    graph.setNext('logits', logits);
    const loss = sigmoidCrossEntropy(graph, logits, graph.input('targets', [BATCH * CLASSES, 2]), 0);
    const [gradient] = gradients(graph, loss, [logits]);
    if (!gradient) throw new Error('the loss has no gradient');
    graph.output('loss', loss);
    graph.output('gradient', gradient);
    graph.output('probabilities', sigmoids(graph, logits));
    const session = await engine.prepare(graph.build(), new Map([['logits', LOGITS]]), { device });
    try {
      const outputs = await session.run(new Map([['targets', TARGETS]]));
      const of = (output: string) => outputs.get(output) ?? new Float32Array();
      expect(at(of('loss'), 0) / lossOf(LOGITS)).toBeCloseTo(1, 5);
      for (const [place, logit] of LOGITS.entries()) {
        expect(at(of('probabilities'), place)).toBeCloseTo(1 / (1 + Math.exp(-logit)), 5);
        const moved = (by: number) => lossOf(Float64Array.from(LOGITS).with(place, logit + by));
        const difference = (moved(1e-5) - moved(-1e-5)) / 2e-5;
        expect(Math.abs(at(of('gradient'), place) - difference)).toBeLessThan(TOLERANCE[name]);
      }
    } finally {
      await session.dispose();
    }
  });
});
