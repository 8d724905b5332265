import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { CPU } from '../../../main/engines/device.ts';
import { onnxRuntimeEngine } from '../../../main/engines/onnxruntime/onnxruntime-engine.ts';
import { architecture } from '../../../main/models/family.ts';

import { inferenceProgram } from '../../../main/models/programs.ts';
import { referenceWeights } from '../../../main/models/reference-weights.ts';
import { onnxModel } from '../../../main/pipeline/onnx-model.ts';
import { CounterRandom } from '../../../main/random.ts';

const SIZE = 32;
const CLASSES = 5;

it.each(['small-basic', 'small-grouped', 'resnet18', 'small-convnext', 'small-vit'])(
  'an exported %s takes any number of images and says what the engine says',
  async (name) => {
    const network = architecture(name, CLASSES);
    const weights = referenceWeights(network);
    const classNames = Array.from({ length: CLASSES }, (_, output) => `class ${output}`);
    const file = onnxModel({ network, weights, classNames, imageSizePx: SIZE, provenance: {} });
    const exported = await InferenceSession.create(file);
    for (const batch of [1, 3]) {
      const random = new CounterRandom(8, batch);
      const images = Float32Array.from({ length: batch * 3 * SIZE ** 2 }, () => random.normal());
      const found = await exported.run({ images: new Tensor('float32', images, [batch, 3, SIZE, SIZE]) });
      expect(found.probabilities?.dims).toEqual([batch, CLASSES]);
      const program = inferenceProgram({ network, batch, imageSizePx: SIZE });
      const engine = await onnxRuntimeEngine.prepare(program, weights, { device: CPU });
      const wanted = await engine.run(new Map([['images', images]]));
      await engine.dispose();
      for (const output of ['logits', 'probabilities']) {
        const values = Array.from(found[output]?.data as Float32Array);
        values.forEach((value, index) => {
          expect(value).toBeCloseTo(wanted.get(output)?.[index] ?? Number.NaN, 4);
        });
      }
    }
    await exported.release();
  },
);
