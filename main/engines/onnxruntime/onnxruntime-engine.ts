/**
 * ONNX Runtime, the default engine: a program becomes one ONNX model, run by the execution provider of the chosen device.
 * Measured and reasoned in ARCHITECTURE.md, "The engine".
 */
import { env } from 'onnxruntime-node';
import type { Program } from '../../graph/program.ts';
import { elementCount } from '../../graph/program.ts';
import type { DeviceKind, Engine, SessionOptions, Tensors } from '../engine.ts';
import type { LoweringTable } from './lowering.ts';
import { lowerProgram } from './lowering.ts';
import { OnnxRuntimeSession } from './onnxruntime-session.ts';
import { plainLowerings } from './plain/plain-lowerings.ts';
import { webgpuLowerings } from './webgpu/webgpu-lowerings.ts';

/** Protobuf messages end at 2 GiB; larger sets of weights are fed instead of written into the model. */
const LARGEST_MODEL_BYTES = 1.9 * 2 ** 30;

/** How each provider wants its operations. */
const lowerings = {
  cpu: plainLowerings,
  webgpu: webgpuLowerings,
  cuda: plainLowerings,
  dml: plainLowerings,
  coreml: plainLowerings,
} satisfies Record<DeviceKind, LoweringTable>;

export const onnxRuntimeEngine: Engine = {
  kind: 'onnxruntime',
  version: env.versions.common,
  async prepare(program: Program, state: Tensors, options: SessionOptions) {
    for (const { name, value } of program.state) {
      const given = state.get(name)?.length;
      if (given !== elementCount(value.shape)) {
        throw new Error(`the state ${name} needs ${elementCount(value.shape)} elements, not ${given ?? 'none'}`);
      }
    }
    const bytes = program.state.reduce((sum, { value }) => sum + 4 * elementCount(value.shape), 0);
    const constants: Tensors = bytes < LARGEST_MODEL_BYTES ? state : new Map();
    return await OnnxRuntimeSession.create(
      program,
      lowerProgram(program, lowerings[options.device], constants),
      state,
      options,
    );
  },
};
