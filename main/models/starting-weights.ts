/**
 * A file of weights as the starting point of a training: any network of the known families, whatever its classifier
 * distinguishes, or without one. Its classifier is kept if it distinguishes the wanted classes; otherwise a fresh one
 * takes its place.
 */
import { at } from '../at.ts';
import { nth } from '../graph/op-definition.ts';
import { type Shape, sameShape } from '../graph/program.ts';
import type { TensorPlace } from './architecture.ts';
import { allArchitectures, architectureOf } from './architectures.ts';
import { CheckpointMismatch, describeFile, type ModelDescription, type Places, weightPlaces } from './checkpoint.ts';
import { initialState, type NetworkConfig, networkFor, parameterShapes } from './network.ts';
import { isShortcut, paddedShortcut } from './residual/padded-shortcuts.ts';
import { type TensorFile, withTensorFile } from './tensor-file.ts';

export interface StartDescription extends Omit<ModelDescription, 'classNames' | 'provenance'> {
  /** False for a backbone; `network.classes` is then 1. */
  readonly hasHead: boolean;
  /** Indexed by output; undefined if the file does not name them. */
  readonly classNames: readonly string[] | undefined;
}

/**
 * Reads only the header. Throws `CheckpointUnreadable`, and `CheckpointMismatch` if the tensors are not those of a
 * known network.
 */
export async function describeStart(path: string): Promise<StartDescription> {
  return await withTensorFile(path, async (file) => found(path, file).description);
}

/**
 * All tensors of `network`, which is the file's except for its number of classes.
 * @param rows for each class, the output of the file's classifier that stands for it; undefined for a fresh classifier
 */
export async function loadStart(
  path: string,
  network: NetworkConfig,
  rows: readonly number[] | undefined,
  seed: number,
): Promise<Map<string, Float32Array>> {
  return await withTensorFile(path, async (file) => {
    const { description, places } = found(path, file);
    // A network limited to one image size is converted to the wanted one at the end.
    const architecture = architectureOf(network);
    const stored = networkFor(network, architecture.imageSizePx(description.network));
    const needed = parameterShapes(stored);
    const head = new Set<string>(Object.values(architecture.classifier));
    for (const [name, shape] of parameterShapes(description.network)) {
      const wanted = needed.get(name);
      if (head.has(name) || (wanted && sameShape(wanted, shape))) continue;
      throw new CheckpointMismatch(`${path} has another architecture than the recipe says: “${name}” differs.`);
    }
    const fresh = rows === undefined ? initialState(network, seed) : new Map<string, Float32Array>();
    const weights = new Map<string, Float32Array>();
    for (const [name, shape] of needed) {
      const place = places.get(name);
      if (head.has(name) && rows === undefined) weights.set(name, nth([fresh.get(name)], 0));
      else if (!place) weights.set(name, paddedShortcut(name, shape));
      else if (head.has(name))
        weights.set(name, chosenRows(await file.float32(place.storedAs), place.shape, rows ?? []));
      else weights.set(name, await file.float32(place.storedAs));
    }
    return architecture.fitted?.(weights, stored, network) ?? weights;
  });
}

function chosenRows(values: Float32Array, [outputs = 1]: Shape, rows: readonly number[]): Float32Array {
  const length = values.length / outputs;
  const chosen = new Float32Array(rows.length * length);
  rows.forEach((row, place) => {
    chosen.set(values.subarray(row * length, (row + 1) * length), place * length);
  });
  return chosen;
}

interface Found {
  readonly description: StartDescription;
  /** The network's tensors that the file contains. */
  readonly places: Places;
}

function found(path: string, file: TensorFile): Found {
  try {
    const { description, places } = describeFile(path, file);
    const { classNames, provenance: _, ...rest } = description;
    const named = description.written && classNames.length > 0;
    return { description: { ...rest, hasHead: true, classNames: named ? classNames : undefined }, places };
  } catch (error) {
    if (!(error instanceof CheckpointMismatch) || file.metadata.has('understudy')) throw error;
    const body = bodyOf(path, weightPlaces(file));
    if (!body) throw error;
    return body;
  }
}

/** Names of classifiers, and of what took their place while a body was trained without labels. */
const HEAD = /^(?:fc|head|heads|classifier|linear|last_linear|projection_head|projector|predictor|mlp)\d*(?:\.|$)/;

/** A body whose classifier is missing or has another name; undefined if no family recognises it. */
function bodyOf(path: string, stored: Places): Found | undefined {
  const shapes = new Map([...stored].map(([name, { shape }]) => [name, shape]));
  for (const architecture of allArchitectures) {
    for (const { classifier } of architecture.landmarks) {
      const [weight, bias] = [at(classifier, 0), at(classifier, 1)];
      const recognised = architecture.infer(new Map([...shapes, [weight, [1, 1]], [bias, [1]]]));
      if (recognised) return completed(path, stored, recognised.network, recognised.tensors);
    }
  }
  return undefined;
}

function completed(
  path: string,
  stored: Places,
  network: NetworkConfig,
  tensors: ReadonlyMap<string, TensorPlace>,
): Found {
  const architecture = architectureOf(network);
  const head = new Set<string>(Object.values(architecture.classifier));
  const places = new Map<string, TensorPlace>();
  const used = new Set<string>();
  for (const [name, shape] of parameterShapes(network)) {
    if (head.has(name)) continue;
    const place = tensors.get(name);
    const inFile = place && stored.get(place.storedAs);
    if (!place || !inFile) {
      // All or none: shortcuts without parameters.
      if (isShortcut(name) && !hasShortcuts(tensors)) continue;
      throw new CheckpointMismatch(`${path} is no ${architecture.title}: it has no tensor “${name}”.`);
    }
    if (!sameShape(place.shape, shape)) {
      throw new CheckpointMismatch(
        `${path} is no ${architecture.title}: its tensor “${name}” is [${place.shape.join(', ')}] where [${shape.join(', ')}] was expected.`,
      );
    }
    used.add(place.storedAs);
    places.set(name, { storedAs: inFile.storedAs, shape });
  }
  // Tensors that a family ignores in its own files are not part of what it recognises.
  const known = new Set([...tensors.values()].map(({ storedAs }) => storedAs));
  const rest = [...stored].filter(
    ([name]) => known.has(name) && !used.has(name) && !name.endsWith('num_batches_tracked'),
  );
  const more = rest.find(([name]) => !HEAD.test(name));
  if (more) {
    throw new CheckpointMismatch(
      `${path} is no ${architecture.title}: it has a tensor “${more[0]}”, which they do not have.`,
    );
  }
  const own = headAmong(rest, architecture.featureCount(network));
  if (own) {
    places.set(architecture.classifier.weight, own.weight);
    places.set(architecture.classifier.bias, own.bias);
  }
  const [classes = 1] = own?.weight.shape ?? [];
  const whole = { ...network, classes };
  const description = { network: whole, imageSizePx: architecture.imageSizePx(whole), written: false };
  return { description: { ...description, hasHead: own !== undefined, classNames: undefined }, places };
}

function hasShortcuts(tensors: ReadonlyMap<string, TensorPlace>): boolean {
  return [...tensors.keys()].some(isShortcut);
}

/** One linear layer over the features, under any name. */
function headAmong(rest: readonly (readonly [string, TensorPlace])[], features: number) {
  if (rest.length !== 2) return undefined;
  const weight = rest.find(([, { shape }]) => shape.length === 2 && shape[1] === features)?.[1];
  const bias = rest.find(([, { shape }]) => shape.length === 1 && shape[0] === weight?.shape[0])?.[1];
  return weight && bias ? { weight, bias } : undefined;
}
