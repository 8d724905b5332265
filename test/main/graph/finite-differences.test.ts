import { describe, expect, it } from 'vitest';
import { EVERYTHING, testedDevices } from '../engines/available-devices.ts';
import { describeShapes, gradientErrors, outputErrors, SEED } from './measured-case.ts';
import { operationCases } from './operation-cases.ts';

const TOLERANCE = { cpu: 2e-4, webgpu: 2e-3, tensorflow: 2e-4 } as const;

/**
 * Draws of each case. A software GPU compiles a shader for each new shape, and TensorFlow's JavaScript is slow: both
 * get one draw even in `npm run test:gpu`, which does three on the processor.
 */
const REPEATS = { cpu: EVERYTHING ? 3 : 1, webgpu: 1, tensorflow: 1 } as const;

describe.each(await testedDevices())('on $name', ({ name, device, engine, present }) => {
  const tolerance = TOLERANCE[name];
  const cases = operationCases(SEED, REPEATS[name]);
  describe.skipIf(!present).each(cases.map((one) => ({ name: `${one.kind} ${describeShapes(one)}`, one })))(
    '$name',
    ({ one }) => {
      it('computes what the float64 reference computes', async () => {
        for (const error of await outputErrors(one, { device, engine })) expect(error).toBeLessThan(tolerance);
      });

      it.runIf(one.definition.gradient)('has the gradient that finite differences give', async () => {
        for (const { input, error } of await gradientErrors(one, { device, engine })) {
          expect(error, `input ${input}`).toBeLessThan(tolerance);
        }
      });
    },
  );
});
