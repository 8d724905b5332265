/** Every operation and its gradients, computed by the kernels themselves on the stand-in for the driver. */
import { describe, expect, it } from 'vitest';
import { elementCount } from '../../../../main/graph/program.ts';
import { describeShapes, gradientErrors, outputErrors, SEED } from '../../graph/measured-case.ts';
import { operationCases } from '../../graph/operation-cases.ts';
import { onStandIn, standInLibrary } from './stand-in-card.ts';

const library = standInLibrary();
/** The effect of rounding activations and factors to 8 bits, compared with exact ones. */
const TOLERANCE = { fp32: 2e-4, bf16: 2e-2 } as const;
/** `npm run test:kernels` draws more, and larger ones. */
const DRAWS = Number(process.env.KERNEL_DRAWS ?? 1);
const LARGEST = process.env.KERNEL_DRAWS ? Number.POSITIVE_INFINITY : 2e5;
const IN_BF16 = /^(conv|batchNorm|relu|add|gelu|maxPool|averagePool|globalAveragePool)/;
const cases = operationCases(SEED, DRAWS)
  .map((one) => ({ name: `${one.kind} ${describeShapes(one)}`, one }))
  .filter(({ one }) => one.inputs.reduce((product, { shape }) => product * elementCount(shape), 1) <= LARGEST);

describe.skipIf(!library).each(['fp32', 'bf16'] as const)('in %s', (precision) => {
  const on = library ? onStandIn(library, precision) : undefined;
  const drawn = precision === 'fp32' ? cases : cases.filter(({ one }) => IN_BF16.test(one.kind));
  it.each(drawn)('computes and differentiates $name', async ({ one }) => {
    if (!on) return;
    for (const error of await outputErrors(one, on)) expect(error).toBeLessThan(TOLERANCE[precision]);
    if (!one.definition.gradient) return;
    for (const { input, error } of await gradientErrors(one, on)) {
      expect(error, `input ${input}`).toBeLessThan(TOLERANCE[precision]);
    }
  });
});
