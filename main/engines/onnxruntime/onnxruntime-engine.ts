/**
 * ONNX Runtime, the default engine: a program becomes one ONNX model, run by the execution provider of the chosen
 * device. Measurements and reasons are in ARCHITECTURE.md, "The engine".
 */

import { packUpdates } from '../../graph/pack-updates.ts';
import type { Program } from '../../graph/program.ts';
import { elementCount } from '../../graph/program.ts';
import type { Engine, ProgramSession, SessionOptions, Tensors } from '../engine.ts';
import { givenTensor } from '../given-tensor.ts';
import { channelBlock } from './blocked/block-size.ts';
import { BlockedContext } from './blocked/blocked-context.ts';
import { blockedLowerings } from './blocked/blocked-lowerings.ts';
import { Int8Context } from './int8/int8-context.ts';
import { int8Lowerings } from './int8/int8-lowerings.ts';
import { type LoweredProgram, LoweringContext, lowerProgram } from './lowering.ts';
import { OnnxRuntimeSession } from './onnxruntime-session.ts';
import { packedSession, packState } from './packed-session.ts';
import { plainLowerings } from './plain/plain-lowerings.ts';
import { onnxRuntimeDevices, onnxRuntimeTraits, providerOf } from './providers.ts';
import { env } from './runtime.ts';
import { webgpuLowerings } from './webgpu/webgpu-lowerings.ts';

/** Protobuf messages are limited to 2 GiB; larger sets of weights are fed instead of written into the model. */
const LARGEST_MODEL_BYTES = 1.9 * 2 ** 30;

/**
 * Weights that change on the CPU use the blocked layout if the processor has it; for constant weights the runtime does
 * so itself.
 */
async function lower(
  program: Program,
  constants: Tensors,
  { device, rewritten, int8, stored }: SessionOptions,
): Promise<LoweredProgram> {
  if (int8) return lowerProgram(program, new Int8Context(program, constants, int8), int8Lowerings, constants);
  const changes = rewritten || program.state.some(({ next }) => next);
  const block = changes && onnxRuntimeTraits(device).blockedLayout ? await channelBlock() : undefined;
  if (block !== undefined)
    return lowerProgram(program, new BlockedContext(program, block), blockedLowerings, constants);
  const table = providerOf(device) === 'webgpu' ? webgpuLowerings : plainLowerings;
  return lowerProgram(program, new LoweringContext(), table, constants, stored);
}

export const onnxRuntimeEngine: Engine = {
  kind: 'onnxruntime',
  devices: onnxRuntimeDevices,
  absence: () => undefined,
  traits: onnxRuntimeTraits,
  versions: () => ({ onnxruntime: env.versions.common }),
  async prepare(program: Program, state: Tensors, options: SessionOptions) {
    for (const { name, value } of program.state) {
      if (!options.stored?.tensors.has(name)) givenTensor(state, 'state', name, value);
    }
    // A processor computes its updates in the layout of its filters; packing them would bring nothing.
    if (!onnxRuntimeTraits(options.device).keepsStateOnDevice) return await prepareAsGiven(program, state, options);
    const { program: packed, packs } = packUpdates(program);
    return packedSession(await prepareAsGiven(packed, packState(state, packs), options), program, packs);
  },
};

async function prepareAsGiven(program: Program, state: Tensors, options: SessionOptions): Promise<ProgramSession> {
  const given = program.state.filter(({ name }) => !options.stored?.tensors.has(name));
  const bytes = given.reduce((sum, { value }) => sum + 4 * elementCount(value.shape), 0);
  const constants: Tensors = bytes < LARGEST_MODEL_BYTES && !options.rewritten ? state : new Map();
  const lowered = await lower(program, constants, options);
  return await OnnxRuntimeSession.create(program, lowered, state, options);
}
