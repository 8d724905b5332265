/** ONNX Runtime. Every use of the package goes through this module, which makes sure that the runtime sends nothing. */
import { requireTelemetryOff } from '../../telemetry-off.ts';

requireTelemetryOff();

export { env, InferenceSession, listSupportedBackends, Tensor } from 'onnxruntime-node';
