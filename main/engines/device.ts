/**
 * A place to compute: an engine, one of its providers, and the index among identical cards. Its name is what users
 * write, and what recipes and records contain: `cpu`, `webgpu`, `cuda:1`. This is the only list of names; `engines.ts`
 * knows which of them this computer has.
 */

/** A new engine is rows here, a folder beside this file, and its line in `engines.ts`. */
const deviceKinds = [
  { name: 'cuda', engine: 'cuda', provider: 'driver' },
  { name: 'directml', engine: 'onnxruntime', provider: 'dml' },
  { name: 'coreml', engine: 'onnxruntime', provider: 'coreml' },
  { name: 'webgpu', engine: 'onnxruntime', provider: 'webgpu' },
  { name: 'cpu', engine: 'onnxruntime', provider: 'cpu' },
  { name: 'tensorflow', engine: 'tensorflow', provider: 'installed' },
  { name: 'onnxcuda', engine: 'onnxruntime', provider: 'cuda' },
] as const;

/** Names that earlier releases used, in recipes and records that are still read. */
const EARLIER_NAMES: ReadonlyMap<string, DeviceKindName> = new Map([['dml', 'directml']]);

type DeviceKind = (typeof deviceKinds)[number];
type DeviceKindName = DeviceKind['name'];

export type EngineKind = DeviceKind['engine'];
/** How an engine reaches the hardware: ONNX Runtime's execution provider, or whatever TensorFlow is installed. */
export type Provider<Of extends EngineKind> = Extract<DeviceKind, { engine: Of }>['provider'];

export type Device<Of extends EngineKind = EngineKind> = {
  [Kind in Of]: {
    readonly engine: Kind;
    readonly provider: Provider<Kind>;
    /** The index among identical devices, from 0. */
    readonly index: number;
  };
}[Of];

/** The processor through ONNX Runtime: always available, and the reference for every other device. */
export const CPU: Device<'onnxruntime'> = { engine: 'onnxruntime', provider: 'cpu', index: 0 };

export const deviceKindNames: readonly DeviceKindName[] = deviceKinds.map(({ name }) => name);

/** The name as a user writes it; the first of several identical devices has no number. */
export function deviceName({ engine, provider, index }: Device): string {
  const kind = deviceKinds.find((one) => one.engine === engine && one.provider === provider);
  if (!kind) throw new Error(`no device is named after ${engine}'s ${provider}`);
  return index === 0 ? kind.name : `${kind.name}:${index}`;
}

/** Undefined if the name denotes no device. Whether this computer has it is another question. */
export function parseDevice(name: string): Device | undefined {
  const [, written = '', number = '0'] = /^([a-z]+)(?::(\d{1,3}))?$/.exec(name) ?? [];
  const current = EARLIER_NAMES.get(written) ?? written;
  const kind = deviceKinds.find((one) => one.name === current);
  // One row of the table is one device; TypeScript loses which provider belongs to which engine.
  return kind && ({ engine: kind.engine, provider: kind.provider, index: Number(number) } as Device);
}

export function sameDevice(a: Device, b: Device): boolean {
  return a.engine === b.engine && a.provider === b.provider && a.index === b.index;
}
