/**
 * A classifier as one ONNX file: a network of ours, or an external feature extractor joined with the classifier on top
 * of it.
 */
import { readFile } from 'node:fs/promises';
import { ForeignSession } from '../engines/onnxruntime/foreign-session.ts';
import { loadModel } from '../models/checkpoint.ts';
import { readGaussian } from '../models/feature-gaussian.ts';
import { readHead } from '../models/feature-head.ts';
import { preprocessingOf } from '../models/model-preprocessing.ts';
import { framesOf } from '../models/network.ts';
import { withHalfWeights } from '../models/onnx/half-weights.ts';
import { headGraph } from '../models/onnx/head-graph.ts';
import { joinedModel, namesLeft } from '../models/onnx/joined-model.ts';
import { readOnnxStructure } from '../models/onnx/onnx-file.ts';
import { pictureGraph } from '../models/onnx/picture-graph.ts';
import type { Classifier } from './classifier.ts';
import { ExportRefused } from './export-refused.ts';
import { onnxModel, toldPreprocessing } from './onnx-model.ts';

export interface OnnxOptions {
  /** Whether it takes pixels, uint8 [batch, size, size, 3], and preprocesses them itself. */
  readonly takesPixels: boolean;
  /** Whether its weights are stored in half precision. */
  readonly halfWeights: boolean;
}

const PIXELS = 'pixels';
const PROBABILITIES = 'probabilities';
/** Older operator sets have no TopK with a variable number of neighbours. */
const LEAST_OPERATOR_SET = 11;

/** Throws `ExportRefused`, `ModelTooLarge`, and what reading the model throws. */
export async function exportedNetwork(
  classifier: Classifier,
  { takesPixels, halfWeights }: OnnxOptions,
): Promise<Uint8Array> {
  const { modelPath } = classifier;
  const network =
    classifier.kind === 'network' ? await ofOurs(classifier, takesPixels) : await ofEyes(classifier, takesPixels);
  return halfWeights ? withHalfWeights(modelPath, network) : network;
}

async function ofOurs(
  { modelPath, leastEnergy, familiar, thresholds }: Classifier & { readonly kind: 'network' },
  takesPixels: boolean,
): Promise<Uint8Array> {
  const model = await loadModel(modelPath);
  const told = familiar && { mostDistance: familiar.mostDistance, gaussian: await readGaussian(familiar.path) };
  const network = onnxModel(model, { leastEnergy, familiar: told, thresholds });
  if (!takesPixels) return network;
  const input = { name: 'images', layout: 'channelsFirst', numbers: 'float32', batch: undefined } as const;
  if (framesOf(model.network) !== undefined) {
    throw new ExportRefused(
      'A network of clips takes frames, not the pixels of one picture: export it without --pixels, and preprocess the frames as its “preprocessing” says.',
    );
  }
  const { imageSizePx } = model;
  const graph = pictureGraph(input, { ...preprocessingOf(model), sizePx: imageSizePx }, PIXELS);
  return joinedModel(modelPath, network, { before: { graph, input: input.name }, metadata: {} });
}

async function ofEyes(
  { modelPath, networkPath, extractor, classNames }: Classifier & { readonly kind: 'eyes' },
  takesPixels: boolean,
): Promise<Uint8Array> {
  const file = await readFile(networkPath);
  const { operatorSet } = readOnnxStructure(networkPath, file);
  if (operatorSet < LEAST_OPERATOR_SET) {
    throw new ExportRefused(
      `The brought network of this teacher uses ONNX operator set ${operatorSet}, to which nothing can be joined: export the student, or bring the network again in operator set ${LEAST_OPERATOR_SET} or later.`,
    );
  }
  const session = await ForeignSession.open(networkPath, file, { provider: 'cpu' });
  const { input } = session;
  await session.close();
  const taken = namesLeft(networkPath, file, extractor.tensor);
  const after = headGraph(extractor, await readHead(modelPath), freeName(PROBABILITIES, taken));
  const { preprocessing } = extractor;
  const graph = pictureGraph(input, preprocessing, freeName(PIXELS, taken));
  return joinedModel(networkPath, file, {
    before: takesPixels ? { graph, input: input.name } : undefined,
    after: { graph: after, tensor: extractor.tensor },
    metadata: {
      classNames: JSON.stringify(classNames),
      preprocessing: toldPreprocessing(preprocessing.sizePx, preprocessing),
    },
  });
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  let free = name;
  for (let number = 2; taken.has(free); number++) free = `${name}_${number}`;
  return free;
}
