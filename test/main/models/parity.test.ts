import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CPU } from '../../../main/engines/device.ts';
import { onnxRuntimeEngine } from '../../../main/engines/onnxruntime/onnxruntime-engine.ts';
import { checkParity, FixtureInvalid, parseFixture } from '../../../main/models/parity.ts';
import { EVERYTHING, testedDevices } from '../engines/available-devices.ts';

const folder = new URL('../../fixtures/parity/', import.meta.url);
const fixtures = readdirSync(folder).map((name) => ({
  name,
  fixture: parseFixture(JSON.parse(readFileSync(new URL(name, folder), 'utf8'))),
}));

/**
 * No float32 implementation can match the third loss of this one: rounding differences of 1e-7 grow a thousandfold per
 * step, and PyTorch's own float32 differs by 7e-4 from the float64 reference where 1e-4 is required. The bound is ten
 * times that.
 */
const CHAOTIC = 'train-resnet18-64-8-3.json';

/**
 * A software GPU takes seconds to compile anything new: it gets one network of each younger family here, a whole step
 * of each in test/main/engines/on-device.test.ts, and single operations with their gradients in
 * test/main/graph/finite-differences.test.ts. `npm run test:gpu` runs all of them.
 */
const LONG = /^(train-|forward-small-(basic|clips|grouped)-)/;

/**
 * Ten seconds each on a processor, with the same layers as another network of their family: also only in `npm run
 * test:gpu`.
 */
const LARGE = /^(forward-vit_base-|train-r2plus1d_18-)/;

describe.each(await testedDevices())('on $name', ({ name: asked, device, engine, present }) => {
  // A training on TensorFlow's JavaScript backend takes minutes; test/main/engines/tensorflow.test.ts has a smaller one.
  const part = { cpu: '', webgpu: 'small', tensorflow: 'forward-small' }[asked];
  const chosen = fixtures.filter(
    ({ name }) => name.includes(part) && (EVERYTHING || !(LARGE.test(name) || (asked === 'webgpu' && LONG.test(name)))),
  );
  it.skipIf(!present).each(chosen.filter(({ name }) => name !== CHAOTIC))(
    '$name equals its reference',
    async ({ fixture }) => {
      const { checks } = await checkParity(fixture, engine, { device });
      expect(checks.filter(({ passed }) => !passed)).toEqual([]);
    },
  );
});

it.runIf(EVERYTHING)('follows the reference of the chaotic training until rounding takes over', async () => {
  const { fixture } = fixtures.find(({ name }) => name === CHAOTIC) ?? {};
  if (!fixture) throw new Error(`${CHAOTIC} is missing`);
  const { checks } = await checkParity(fixture, onnxRuntimeEngine, { device: CPU });
  const errorOf = (what: string) => checks.find((check) => check.what === what)?.error ?? Number.NaN;
  expect(errorOf('loss of step 1')).toBeLessThan(1e-6);
  expect(errorOf('loss of step 2')).toBeLessThan(1e-3);
  expect(errorOf('loss of step 3')).toBeLessThan(7e-3);
  expect(checks.filter(({ what, passed }) => what.startsWith('norm') && !passed)).toEqual([]);
});

it('says what is wrong with a file that is no fixture', () => {
  expect(() => parseFixture({ kind: 'forward', model: 'resnet18' })).toThrow(FixtureInvalid);
});
