/**
 * The meaning of the names in a PyTorch file: tensors as views of storages, dicts, and a few things that checkpoints
 * carry beside their weights (sizes, devices, NumPy's numbers, the arguments of a script), which become plain data.
 * Every other name is refused. Sources: torch/_utils.py (_rebuild_*) and torch/_weights_only_unpickler.py.
 */
import { at } from '../../at.ts';
import { elementCount, type Shape } from '../../graph/program.ts';
import type { StorageTypeName } from '../storage-types.ts';
import { type PickleGlobal, PickleRefused } from './pickle.ts';

/** Numbers of one type, somewhere in the file. */
export interface Storage {
  readonly key: string;
  /** By its safetensors name. */
  readonly type: StorageTypeName;
  readonly elements: number;
}

/** A tensor as a view of a storage; offset and strides in elements. */
export class StoredView {
  readonly storage: Storage;
  readonly shape: Shape;
  readonly strides: readonly number[];
  readonly offset: number;

  /** Throws `PickleRefused` for a view that reaches beyond its storage or shows more elements than it has. */
  constructor(storage: Storage, offset: unknown, shape: unknown, strides: unknown) {
    if (!isCounts(shape) || !isCounts(strides) || shape.length !== strides.length || !isCounts([offset])) {
      throw new PickleRefused('it has a tensor without a shape');
    }
    this.storage = storage;
    this.shape = shape;
    this.strides = strides;
    this.offset = Number(offset);
    const elements = elementCount(shape);
    const last = shape.reduce((sum, size, axis) => sum + (size - 1) * at(strides, axis), this.offset);
    if (elements > storage.elements || (elements > 0 && last >= storage.elements)) {
      throw new PickleRefused(`it has a tensor [${shape.slice(0, 8).join(', ')}] that is larger than its numbers`);
    }
  }

  /** Row-major in the storage, without gaps. */
  get contiguous(): boolean {
    let expected = 1;
    for (let axis = this.shape.length - 1; axis >= 0; axis--) {
      const size = at(this.shape, axis);
      if (size !== 1 && at(this.strides, axis) !== expected) return false;
      expected *= size;
    }
    return true;
  }
}

/** A tensor that exists, but whose numbers are of a kind never used for weights (quantised, sparse, complex). */
export class UnreadableTensor {}

const STORAGE_TYPES: ReadonlyMap<string, StorageTypeName> = new Map(
  Object.entries({
    FloatStorage: 'F32',
    DoubleStorage: 'F64',
    HalfStorage: 'F16',
    BFloat16Storage: 'BF16',
    LongStorage: 'I64',
    IntStorage: 'I32',
    ShortStorage: 'I16',
    CharStorage: 'I8',
    ByteStorage: 'U8',
    BoolStorage: 'BOOL',
    UntypedStorage: 'U8',
    ComplexFloatStorage: 'C64',
  } as const),
);

/** A type of storage, as named in the pickle. */
class StorageKind implements PickleGlobal {
  readonly name: string;
  readonly type: StorageTypeName;
  constructor(name: string, type: StorageTypeName) {
    this.name = name;
    this.type = type;
  }
}

/** `('storage', kind, key, location, elements, …)`: the device it was on does not matter. Throws `PickleRefused`. */
export function storageOf(id: unknown): Storage {
  const [tag, kind, key, , elements] = Array.isArray(id) ? id : [];
  if (
    tag !== 'storage' ||
    !(kind instanceof StorageKind) ||
    !isCounts([elements]) ||
    !['string', 'number'].includes(typeof key)
  ) {
    throw new PickleRefused('it refers to numbers outside itself');
  }
  return { key: String(key), type: kind.type, elements: Number(elements) };
}

type Call = (args: readonly unknown[]) => unknown;

const asItIs: Call = (args) => args[0];
const asList: Call = (args) => (args.length === 1 && Array.isArray(args[0]) ? args[0] : [...args]);
const emptyDict: Call = () => new Map();
const text: Call = (args) => String(args[0] ?? '');

const rebuildTensor: Call = ([storage, offset, shape, strides]) =>
  storage instanceof UnreadableTensor ? storage : new StoredView(requireStorage(storage), offset, shape, strides);

/** A tensor whose numbers cannot be read as a weight. */
const unreadable: Call = () => new UnreadableTensor();

/** `_rebuild_from_type_v2(function, type, arguments, state)`: a tensor of a custom class. */
const rebuildFromType: Call = ([rebuild, , args]) => {
  const { call } = (rebuild ?? {}) as Partial<PickleGlobal>;
  if (!call || !Array.isArray(args)) throw new PickleRefused('it has a tensor of a kind of its own');
  return call(args);
};

const CALLS: ReadonlyMap<string, Call> = new Map<string, Call>([
  ['collections.OrderedDict', (args) => (Array.isArray(args[0]) ? dictOf(args[0]) : new Map())],
  ['collections.defaultdict', emptyDict],
  ['collections.Counter', (args) => (args[0] instanceof Map ? args[0] : new Map())],
  ['torch._utils._rebuild_tensor', rebuildTensor],
  ['torch._utils._rebuild_tensor_v2', rebuildTensor],
  ['torch._utils._rebuild_parameter', asItIs],
  ['torch._utils._rebuild_parameter_with_state', asItIs],
  ['torch._tensor._rebuild_from_type_v2', rebuildFromType],
  ['torch._utils._rebuild_qtensor', unreadable],
  ['torch._utils._rebuild_sparse_tensor', unreadable],
  ['torch._utils._rebuild_meta_tensor_no_storage', unreadable],
  ['torch.Size', asList],
  ['torch.device', text],
  ['torch.nn.parameter.Parameter', asItIs],
  ['numpy.core.multiarray.scalar', unreadable],
  ['numpy._core.multiarray.scalar', unreadable],
  ['numpy.core.multiarray._reconstruct', unreadable],
  ['numpy._core.multiarray._reconstruct', unreadable],
  ['numpy.ndarray', unreadable],
  ['numpy.dtype', text],
  ['_codecs.encode', text],
  ['argparse.Namespace', emptyDict],
  ['types.SimpleNamespace', emptyDict],
  ['builtins.set', asList],
  ['__builtin__.set', asList],
  ['builtins.frozenset', asList],
  ['pathlib.PosixPath', (args) => args.join('/')],
  ['pathlib.WindowsPath', (args) => args.join('/')],
]);

/** Undefined for a name that no file of weights needs. */
export function tensorGlobal(module: string, name: string): PickleGlobal | undefined {
  const whole = `${module}.${name}`;
  const stores = module === 'torch' || module === 'torch.cuda' || module === 'torch.storage';
  const type = stores ? STORAGE_TYPES.get(name) : undefined;
  if (type !== undefined) return new StorageKind(whole, type);
  const call = CALLS.get(whole);
  if (call) return { name: whole, call };
  // Number types and layouts, which are only mentioned.
  if (module === 'torch' && /^(float|bfloat|double|half|int|uint|long|bool|strided|per_|q)[a-z0-9_]*$/.test(name))
    return { name: whole };
  return undefined;
}

function requireStorage(value: unknown): Storage {
  const { key, type, elements } = (value ?? {}) as Partial<Storage>;
  if (key === undefined || type === undefined || elements === undefined) {
    throw new PickleRefused('it has a tensor without numbers');
  }
  return { key, type, elements };
}

function dictOf(pairs: readonly unknown[]): Map<unknown, unknown> {
  return new Map(pairs.filter((pair): pair is [unknown, unknown] => Array.isArray(pair) && pair.length === 2));
}

function isCounts(values: unknown): values is number[] {
  return (
    Array.isArray(values) && values.length <= 32 && values.every((value) => Number.isSafeInteger(value) && value >= 0)
  );
}
