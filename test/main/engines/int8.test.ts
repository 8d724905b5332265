/** Inference in 8-bit integers compared with fp32. */
import { expect, it } from 'vitest';
import { CPU } from '../../../main/engines/device.ts';
import { int8Plan } from '../../../main/engines/int8-plan.ts';
import { onnxRuntimeEngine } from '../../../main/engines/onnxruntime/onnxruntime-engine.ts';
import { architecture } from '../../../main/models/family.ts';
import { networkFor } from '../../../main/models/network.ts';
import { inferenceProgram } from '../../../main/models/programs.ts';
import { referenceInput, referenceWeights } from '../../../main/models/reference-weights.ts';
import { valueAt } from '../../../main/value-at.ts';

const imageSizePx = 32;

function programOf(name: string, batch = 4) {
  const network = networkFor(architecture(name, 10), imageSizePx);
  return { network, program: inferenceProgram({ network, batch, imageSizePx }) };
}

/** The ranges of its activations on these images, from a program that outputs all of them. */
async function rangesOf(name: string, images: Float32Array) {
  const { network, program } = programOf(name);
  const { places } = int8Plan(program);
  const outputs = new Map([...program.outputs, ...places.map((value, place) => [`${place}`, value] as const)]);
  const session = await onnxRuntimeEngine.prepare({ ...program, outputs }, referenceWeights(network), { device: CPU });
  const values = await session.run(new Map([['images', images]]));
  await session.dispose();
  const of = (pick: (a: number, b: number) => number) =>
    places.map((_, place) => valueAt(values, `${place}`).reduce((so, value) => pick(so, value), 0));
  return { least: of(Math.min), most: of(Math.max) };
}

it.each(['small-basic', 'small-grouped'])('%s says nearly the same in eight bits, whatever the batch', async (name) => {
  const images = referenceInput([4, 3, imageSizePx, imageSizePx]);
  const int8 = await rangesOf(name, images);
  const logits = async (batch: number, options: { int8?: typeof int8 }) => {
    const { network, program } = programOf(name, batch);
    const session = await onnxRuntimeEngine.prepare(program, referenceWeights(network), { device: CPU, ...options });
    const shown = images.slice(0, batch * 3 * imageSizePx ** 2);
    const given = valueAt(await session.run(new Map([['images', shown]])), 'logits');
    await session.dispose();
    return given;
  };
  const [exact, rounded, ofTwo] = [await logits(4, {}), await logits(4, { int8 }), await logits(2, { int8 })];
  const norm = (values: Float32Array) => Math.hypot(...values);
  const relative = norm(rounded.map((value, index) => value - (exact[index] as number))) / norm(exact);
  expect(relative).toBeLessThan(0.06);
  // It is a different computation, and not fp32 again.
  expect(relative).toBeGreaterThan(1e-4);
  expect([...ofTwo]).toEqual([...rounded.slice(0, ofTwo.length)]);
});

it('is nothing for networks without batch norms', () => {
  for (const name of ['small-convnext', 'small-vit']) {
    expect(int8Plan(programOf(name).program).steps.size).toBe(0);
  }
  expect(int8Plan(programOf('resnet18').program)).toMatchObject({ steps: { size: 28 }, absorbed: { size: 37 } });
});
