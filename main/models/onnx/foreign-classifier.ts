/**
 * An ONNX network as a classifier: the output with the class scores, whether these are already probabilities, the class
 * names and the preprocessing; each is found in the file, or reported as unclear.
 */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { at } from '../../at.ts';
import { type ForeignOptions, ForeignSession } from '../../engines/onnxruntime/foreign-session.ts';
import { imagenetClasses } from '../imagenet-classes.ts';
import { classNamesIn, parsedNames } from './class-names.ts';
import { type Extractor, ExtractorUnclear, shownAs } from './feature-extractor.ts';
import { guessFeatures } from './feature-output.ts';
import { type OnnxStructure, readOnnxStructure } from './onnx-file.ts';
import { readWholeOnnx } from './whole-onnx.ts';

export interface DescribedClassifier {
  /** Its class scores, described like features. */
  readonly extractor: Extractor;
  readonly given: 'logits' | 'probabilities';
  /** In the order of its outputs; undefined if neither the file nor one beside it names them. */
  readonly classNames: readonly string[] | undefined;
  readonly reasons: readonly string[];
  /** False if nothing specifies the preprocessing. */
  readonly sure: boolean;
}

/** Operations that do not change numbers. */
const PASSING = new Set(['Cast', 'Flatten', 'Identity', 'Reshape', 'Squeeze', 'DequantizeLinear', 'QuantizeLinear']);
const TO_PROBABILITIES = new Set(['Softmax', 'Sigmoid']);

/** @param wanted the output that the user names. Throws `OnnxUnreadable`, `ForeignNetworkUnfit`, `ExtractorUnclear`. */
export async function describeClassifier(
  path: string,
  options: ForeignOptions,
  wanted?: string,
): Promise<DescribedClassifier> {
  const file = await readWholeOnnx(path);
  const structure = readOnnxStructure(path, file);
  const session = await ForeignSession.open(path, file, options);
  try {
    const { preprocessing, reason, sure } = await shownAs(path, structure, session.input);
    const tensor = chosenOutput(path, structure, session, wanted);
    const dimension = await session.tryOut(preprocessing.sizePx, tensor);
    if (!(dimension > 1)) {
      throw new ExtractorUnclear(
        `${path} gives ${dimension} numbers per picture in “${tensor}”: name another with --output.`,
      );
    }
    const given = TO_PROBABILITIES.has(lastOperation(structure, tensor)) ? 'probabilities' : 'logits';
    const told = classNamesIn(structure.metadata, dimension) ?? (await namesBeside(path, dimension));
    const classNames = told ?? imagenetNames(dimension);
    return {
      extractor: { preprocessing, tensor, pooling: 'none', dimension },
      ...{ given, classNames, sure },
      reasons: [
        `It tells ${dimension} classes apart in “${tensor}” (${given}).`,
        ...(told === undefined && classNames ? ['It does not name them: they are taken for those of ImageNet.'] : []),
        reason,
      ],
    };
  } finally {
    await session.close();
  }
}

function chosenOutput(path: string, structure: OnnxStructure, session: ForeignSession, wanted?: string): string {
  const flat = session.outputs.filter(({ shape }) => shape.filter((size) => size !== 1).length === 1);
  const names = session.outputs.map(({ name }) => name);
  if (wanted !== undefined) {
    if (names.includes(wanted)) return wanted;
    throw new ExtractorUnclear(`${path} has no output “${wanted}”: choose one of ${names.join(', ')} with --output.`);
  }
  if (flat.length === 1) return at(flat, 0).name;
  const guess = guessFeatures(structure)?.logits;
  // If a network returns both logits and their softmax, either will do.
  const told = flat.find(({ name }) => name === guess) ?? flat.find(({ name }) => /logit|prob|score|class/i.test(name));
  if (told) return told.name;
  throw new ExtractorUnclear(
    `${path} has several outputs (${names.join(', ')}), and which one tells classes apart is not clear: name it with --output.`,
  );
}

/** A thousand unnamed classes are ImageNet's; TensorFlow's networks have an additional background class before them. */
function imagenetNames(outputs: number): readonly string[] | undefined {
  const names = imagenetClasses.map((synonyms) => synonyms.join(', '));
  if (outputs === names.length) return names;
  return outputs === names.length + 1 ? ['background', ...names] : undefined;
}

/** The operation that produces a tensor, skipping those that do not change numbers. */
function lastOperation({ nodes }: OnnxStructure, tensor: string): string {
  let name = tensor;
  for (const node of nodes.toReversed()) {
    if (!node.outputs.includes(name)) continue;
    if (!PASSING.has(node.opType)) return node.opType;
    name = at(node.inputs, 0);
  }
  return '';
}

async function namesBeside(path: string, outputs: number): Promise<readonly string[] | undefined> {
  for (const file of ['config.json', 'labels.txt', 'classes.txt', 'class_names.json', 'imagenet_classes.txt']) {
    const text = await readFile(join(dirname(path), file), 'utf8').catch(() => '');
    const names = parsedNames(text);
    if (names?.length === outputs) return names;
  }
  return undefined;
}
