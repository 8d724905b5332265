/**
 * How the processor's threads wait for their next share of an operation. ONNX Runtime lets them spin for about as long
 * as an operation may take, which costs half the speed on a machine that does other work too; if they sleep at once,
 * they wake up late hundreds of times a step. A short spin combines both advantages: measured in main/bench/README.md.
 */
const SPIN_US = 50;

/** The session's `extra` options. Infinity leaves it to the runtime. */
export function waiting(spinUs = SPIN_US): { readonly session?: Readonly<Record<string, unknown>> } {
  if (spinUs === Number.POSITIVE_INFINITY) return {};
  const spinning = spinUs > 0 ? { allow_spinning: '1', spin_duration_us: String(spinUs) } : { allow_spinning: '0' };
  return { session: { intra_op: spinning } };
}
