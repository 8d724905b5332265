/** Downloads tensors from a device by running a one-node model: reading a device tensor directly aborts the process. */

import type { Shape } from '../../graph/program.ts';
import type { Device } from '../device.ts';
import { OnnxGraph } from './onnx-graph.ts';
import { executionProvider, providerOf } from './providers.ts';
import { InferenceSession, type Tensor } from './runtime.ts';

export class DeviceReader {
  readonly #device: Device;
  /** Keyed by the shape they download. */
  readonly #sessions = new Map<string, InferenceSession>();

  constructor(device: Device) {
    this.#device = device;
  }

  /** Waits for all work submitted to the device before. */
  async read(tensor: Tensor): Promise<Float32Array> {
    if (tensor.location === 'cpu') return Float32Array.from((await tensor.getData()) as Float32Array);
    const key = tensor.dims.join();
    const session = this.#sessions.get(key) ?? (await sessionOf(tensor.dims, this.#device));
    this.#sessions.set(key, session);
    const [copy] = Object.values(await session.run({ x: tensor }));
    return Float32Array.from(copy?.data as Float32Array);
  }

  async dispose(): Promise<void> {
    for (const session of this.#sessions.values()) await session.release();
    this.#sessions.clear();
  }
}

function sessionOf(shape: Shape, device: Device): Promise<InferenceSession> {
  const copy = new OnnxGraph();
  copy.input('x', shape, 'float32');
  copy.output(copy.node('Identity', ['x']), shape, 'float32');
  return InferenceSession.create(copy.encode(), { executionProviders: [executionProvider(providerOf(device))] });
}
