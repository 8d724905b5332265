/**
 * A trained network as a folder that TensorFlow.js loads with `loadGraphModel`: model.json, and its weights in files of
 * 4 MB, the size its own converter uses so that browsers can cache them.
 */
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GraphWeight } from '../engines/tensorflow/exported/graph-def.ts';
import { portableGraph } from '../engines/tensorflow/exported/portable-graph.ts';
import { loadModel } from '../models/checkpoint.ts';
import { preprocessingOf } from '../models/model-preprocessing.ts';
import { framesOf } from '../models/network.ts';
import { inferenceProgram } from '../models/programs.ts';
import type { Classifier } from './classifier.ts';
import { ExportRefused } from './export-refused.ts';
import { toldPreprocessing } from './onnx-model.ts';
import { fillWhole } from './whole-folder.ts';

const SHARD_BYTES = 4 * 2 ** 20;

/**
 * Input `images` [batch, size, size, 3], or `pixels` (integers from 0 to 255) if `takesPixels`; outputs `logits` and
 * `probabilities` [batch, classes]. Returns the total size of all files. Throws `ExportRefused` for a network of clips.
 */
export async function writeTfjsModel(
  { modelPath, thresholds }: Pick<Classifier, 'modelPath' | 'thresholds'>,
  takesPixels: boolean,
  folder: string,
): Promise<number> {
  const model = await loadModel(modelPath);
  const { network, imageSizePx, classNames, provenance } = model;
  if (framesOf(network) !== undefined) {
    throw new ExportRefused(
      'A network of clips is not exported for TensorFlow.js: export it as ONNX (--what onnx), whose input is [batch, 3, frames, size, size].',
    );
  }
  const preprocessing = preprocessingOf(model);
  const program = inferenceProgram({ network, batch: 1, imageSizePx });
  const graph = portableGraph(program, model.weights, takesPixels ? preprocessing : undefined);
  const total = graph.weights.reduce((sum, { data }) => sum + data.byteLength, 0);
  const shards = Math.max(1, Math.ceil(total / SHARD_BYTES));
  const paths = Array.from({ length: shards }, (_, index) => `group1-shard${index + 1}of${shards}.bin`);
  const description = JSON.stringify({
    ...{ format: 'graph-model', generatedBy: 'Understudy', convertedBy: 'Understudy', signature: graph.signature() },
    userDefinedMetadata: {
      classNames,
      preprocessing: { ...JSON.parse(toldPreprocessing(imageSizePx, preprocessing)), layout: 'NHWC' },
      provenance,
      ...(thresholds && { outputs: 'sigmoid', thresholds }),
    },
    modelTopology: graph.topology(),
    weightsManifest: [{ paths, weights: graph.weights.map(({ name, shape, dtype }) => ({ name, shape, dtype })) }],
  });
  return await fillWhole(folder, async (temporary) => {
    await writeShards(
      graph.weights,
      paths.map((path) => join(temporary, path)),
    );
    await writeFile(join(temporary, 'model.json'), description);
    return total + Buffer.byteLength(description);
  });
}

/** The weights are concatenated; file boundaries are independent of weight boundaries. */
async function writeShards(weights: readonly GraphWeight[], paths: readonly string[]): Promise<void> {
  for (const [index, path] of paths.entries()) {
    const [start, end] = [index * SHARD_BYTES, (index + 1) * SHARD_BYTES];
    const file = await open(path, 'wx');
    try {
      let place = 0;
      for (const { data } of weights) {
        const from = Math.max(0, start - place);
        const to = Math.min(data.byteLength, end - place);
        if (to > from) await file.writeFile(new Uint8Array(data.buffer, data.byteOffset + from, to - from));
        place += data.byteLength;
        if (place >= end) break;
      }
      await file.sync();
    } finally {
      await file.close();
    }
  }
}
