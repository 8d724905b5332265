/**
 * Nothing about a user's work may leave the machine. From 1.29 on, ONNX Runtime's packages for Linux and macOS keep an
 * identifier of the device, log every session and send both to their maker, unless this variable is set in the environment of
 * the process before its first session (microsoft/onnxruntime, pull request 27379). Only the main thread can change that
 * environment: every entry calls this first, and processes and threads that it starts inherit it.
 */
const DISABLE = 'ORT_DISABLE_TELEMETRY';

export function turnTelemetryOff(): void {
  process.env[DISABLE] = '1';
}

/** Called before ONNX Runtime is used: an entry that forgot to turn telemetry off is a bug, found by the first test. */
export function requireTelemetryOff(): void {
  if (process.env[DISABLE] !== '1')
    throw new Error(`${DISABLE} is not set: the entry of this process must set it first`);
}
