/**
 * Model files: safetensors with torchvision's names, and everything a user of the model needs in the header. A file
 * written here loads into torchvision's network with strict=True; a file from torchvision or timm loads here, as
 * safetensors or as saved by PyTorch, even if the names carry the prefix of a training wrapper (`module.`).
 */
import { realpath, stat } from 'node:fs/promises';
import { z } from 'zod';
import { LONGEST_STORED_PATH_BYTES, type StoredState, type StoredTensor, storedTypes } from '../engines/engine.ts';
import { ExpectedFailure } from '../failure.ts';
import { nth } from '../graph/op-definition.ts';
import { elementCount, sameShape } from '../graph/program.ts';
import type { Recognised, TensorPlace } from './architecture.ts';
import { allArchitectures, architectureOf } from './architectures.ts';
import { recogniseNetwork } from './infer-network.ts';
import { type ModelPreprocessing, modelPreprocessingSchema, preprocessingOf } from './model-preprocessing.ts';
import { type NetworkConfig, networkSchema, parameterShapes } from './network.ts';
import { type StoredTensor as TensorToStore, writeSafetensors } from './safetensors.ts';
import { CheckpointUnreadable } from './safetensors-reader.ts';
import { storageType } from './storage-types.ts';
import { type TensorFile, withTensorFile } from './tensor-file.ts';
import { unwrappedNames } from './unwrapped-names.ts';

export interface SavedModel {
  readonly network: NetworkConfig;
  readonly weights: ReadonlyMap<string, Float32Array>;
  /** Indexed by class id. */
  readonly classNames: readonly string[];
  /** The side of the square images that the network was trained on. */
  readonly imageSizePx: number;
  /** Its preprocessing; ImageNet's by default. */
  readonly preprocessing?: ModelPreprocessing | undefined;
  /** Where the model comes from: run, stage, project. */
  readonly provenance: Readonly<Record<string, string>>;
}

/** A description of a model file, without its weights. */
export interface ModelDescription extends Omit<SavedModel, 'weights'> {
  /**
   * False for a file from elsewhere that does not name its classes: `classNames` are then numbers, and its image size
   * is a guess.
   */
  readonly written: boolean;
}

export class CheckpointMismatch extends ExpectedFailure {}

/** Smaller files are loaded: with folded batch norms they are a few per cent faster. Smaller tensors are loaded too. */
const LEAST_IN_PLACE = { fileBytes: 256 * 2 ** 20, elements: 2 ** 14 };
const LARGEST_SIZE_PX = 4096;
const LONGEST_DESCRIPTION = 8 * 2 ** 20;

const descriptionSchema = z
  .object({
    network: networkSchema,
    classNames: z.array(z.string()),
    imageSizePx: z.int().min(1).max(LARGEST_SIZE_PX),
    preprocessing: modelPreprocessingSchema.optional(),
    provenance: z.record(z.string(), z.string()),
  })
  .refine(({ network, classNames }) => [0, network.classes].includes(classNames.length));

export async function saveModel(path: string, model: SavedModel): Promise<void> {
  const tensors = new Map<string, TensorToStore>();
  for (const [name, shape] of parameterShapes(model.network)) {
    const data = model.weights.get(name);
    if (!data) throw new Error(`the model has no tensor ${name}`);
    tensors.set(name, { shape, data });
    // torchvision's batch norms count batches, and strict loading requires the counter.
    if (name.endsWith('.running_var')) {
      const counter = name.replace(/running_var$/, 'num_batches_tracked');
      tensors.set(counter, { shape: [], data: BigInt64Array.of(0n) });
    }
  }
  const { network, classNames, imageSizePx, provenance } = model;
  const preprocessing = preprocessingOf(model);
  const description = JSON.stringify({ network, classNames, imageSizePx, preprocessing, provenance });
  await writeSafetensors(path, tensors, { format: 'pt', understudy: description });
}

/**
 * Throws `CheckpointUnreadable` for a broken file, `CheckpointMismatch` if the tensors are not those of a known
 * network.
 */
export async function loadModel(path: string): Promise<SavedModel> {
  return await withTensorFile(path, async (reader) => {
    const { description, places } = describeFile(path, reader);
    const { written: _, ...rest } = description;
    const weights = new Map<string, Float32Array>();
    for (const [name, { storedAs }] of places) weights.set(name, await reader.float32(storedAs));
    return { ...rest, weights };
  });
}

/** A model for a device that takes constants from files; only its small tensors are loaded. */
export interface ModelInPlace extends SavedModel {
  /** The other weights; undefined if all are loaded. */
  readonly stored: StoredState | undefined;
}

/** Throws what `loadModel` throws. The file must not be truncated while `stored` is in use. */
export async function loadModelInPlace(path: string, least = LEAST_IN_PLACE): Promise<ModelInPlace> {
  // The runtime refuses links that lead out of the file's folder.
  const realPath = await realpath(path).catch(() => path);
  const { size } = await stat(realPath).catch(() => ({ size: 0 }));
  if (size < least.fileBytes || Buffer.byteLength(realPath) > LONGEST_STORED_PATH_BYTES) {
    return { ...(await loadModel(path)), stored: undefined };
  }
  return await withTensorFile(path, async (reader) => {
    const { description, places } = describeFile(path, reader);
    const { written: _, ...rest } = description;
    const weights = new Map<string, Float32Array>();
    const tensors = new Map<string, StoredTensor>();
    for (const [name, { storedAs, shape }] of places) {
      const stored = elementCount(shape) < least.elements ? undefined : inPlace(reader, storedAs);
      if (stored) tensors.set(name, stored);
      else weights.set(name, await reader.float32(storedAs));
    }
    return { ...rest, weights, stored: tensors.size > 0 ? { path: realPath, tensors } : undefined };
  });
}

function inPlace(file: TensorFile, storedAs: string): StoredTensor | undefined {
  const from = file.placeOf(storedAs);
  const type = storedTypes.find((known) => known === file.tensors.get(storedAs)?.type);
  return from === undefined || type === undefined ? undefined : { type, from };
}

/** Reads only the header; throws what `loadModel` throws. */
export async function describeModel(path: string): Promise<ModelDescription> {
  return await withTensorFile(path, async (reader) => describeFile(path, reader).description);
}

export type Places = ReadonlyMap<string, TensorPlace>;

/** By the names that a family of networks uses. Integer tensors are not weights. */
export function weightPlaces({ tensors }: TensorFile): Places {
  const shapes = new Map(
    [...tensors].filter(([, { type }]) => storageType(type).toFloat32).map(([name, { shape }]) => [name, shape]),
  );
  return new Map(
    [...unwrappedNames(shapes.keys())].flatMap(([name, storedAs]) => {
      const shape = shapes.get(storedAs);
      return shape ? [[name, { storedAs, shape }] as const] : [];
    }),
  );
}

/** The file's network, and the location of each of its tensors. */
export function describeFile(path: string, file: TensorFile): { description: ModelDescription; places: Places } {
  const stored = weightPlaces(file);
  const own = file.metadata.get('understudy');
  const { description, tensors } =
    own === undefined ? foreign(path, stored) : { description: described(path, own, stored.size), tensors: stored };
  const { network } = description;
  const unfit = (why: string) => new CheckpointMismatch(`${path} is no ${architectureOf(network).title}: ${why}.`);
  const wanted = parameterShapes(network);
  const places = new Map<string, TensorPlace>();
  for (const [name, shape] of wanted) {
    const found = tensors.get(name);
    if (!found) throw unfit(`it has no tensor “${name}”`);
    if (!sameShape(found.shape, shape)) {
      throw unfit(`its tensor “${name}” is [${found.shape.join(', ')}] where [${shape.join(', ')}] was expected`);
    }
    places.set(name, found);
  }
  // Larger networks (squeeze-and-excitation, attention) have all of these names as well.
  const more = [...tensors.keys()].find((name) => !wanted.has(name) && !name.endsWith('num_batches_tracked'));
  if (more !== undefined) throw unfit(`it has a tensor “${more}”, which they do not have`);
  return { description, places };
}

/** Throws `CheckpointMismatch`, naming the first tensor that differs, unless the two networks are alike. */
export function requireSameNetwork(path: string, found: NetworkConfig, wanted: NetworkConfig): void {
  const [have, need] = [parameterShapes(found), parameterShapes(wanted)];
  for (const [name, shape] of need) {
    const other = have.get(name);
    if (other && sameShape(other, shape)) continue;
    throw new CheckpointMismatch(
      `${path} has another architecture: its tensor “${name}” is ${other ? `[${other.join(', ')}]` : 'missing'} where [${shape.join(', ')}] is needed; choose the model that it was trained as.`,
    );
  }
}

/** @param tensors number of tensors in the file: a network that must have more cannot be the file's */
function described(path: string, text: string, tensors: number): ModelDescription {
  const description = parsed(text);
  if (!description || !isPossible(description, tensors)) {
    throw new CheckpointUnreadable(`${path} is not a model that can be read: its description is damaged.`);
  }
  return { ...description, written: true };
}

function isPossible({ network, imageSizePx }: z.infer<typeof descriptionSchema>, tensors: number): boolean {
  const architecture = architectureOf(network);
  return architecture.leastTensors(network) <= tensors && architecture.refusal(network, '', imageSizePx) === undefined;
}

function parsed(text: string): z.infer<typeof descriptionSchema> | undefined {
  if (text.length > LONGEST_DESCRIPTION) return undefined;
  try {
    return descriptionSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function foreign(
  path: string,
  stored: Places,
): { description: ModelDescription; tensors: Recognised<NetworkConfig>['tensors'] } {
  const recognised = recogniseNetwork(new Map([...stored].map(([name, { shape }]) => [name, shape])));
  if (!recognised) {
    const known = allArchitectures.map(({ title }) => title).join(', ');
    throw new CheckpointMismatch(
      `${path} is no ${known}: its tensors do not have torchvision's or timm's names and shapes.`,
    );
  }
  const { network, tensors } = recognised;
  const description = {
    network,
    classNames: Array.from({ length: network.classes }, (_, classId) => `class ${classId}`),
    imageSizePx: architectureOf(network).imageSizePx(network),
    provenance: {},
    written: false,
  };
  const inFile = ({ storedAs, shape }: TensorPlace) => ({ storedAs: nth([stored.get(storedAs)], 0).storedAs, shape });
  return { description, tensors: new Map([...tensors].map(([name, place]) => [name, inFile(place)])) };
}
