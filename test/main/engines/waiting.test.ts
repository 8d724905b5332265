/** How the processor's threads wait for work affects their speed, and nothing else. */
import { describe, expect, it } from 'vitest';
import { at } from '../../../main/at.ts';
import { CPU } from '../../../main/engines/device.ts';
import { onnxRuntimeEngine } from '../../../main/engines/onnxruntime/onnxruntime-engine.ts';
import { waiting } from '../../../main/engines/onnxruntime/waiting.ts';
import { architecture } from '../../../main/models/family.ts';
import { initialTrainingState, trainingProgram } from '../../../main/models/programs.ts';
import { referenceInput, referenceWeights } from '../../../main/models/reference-weights.ts';

const CLASSES = 4;
const BATCH = 4;
const SIZE_PX = 16;

async function weightsAfterThreeSteps(spinUs?: number): Promise<ReadonlyMap<string, Float32Array>> {
  const network = architecture('small-basic', CLASSES);
  const program = trainingProgram({
    ...{ network, batch: BATCH, imageSizePx: SIZE_PX, labelSmoothing: 0, dropoutRate: 0, softTargets: false },
    optimiser: { momentum: 0.9, weightDecay: 1e-4, nesterov: false },
  });
  const state = initialTrainingState(program, referenceWeights(network));
  const options = { device: CPU, threads: 2, ...(spinUs === undefined ? {} : { spinUs }) } as const;
  const session = await onnxRuntimeEngine.prepare(program, state, options);
  try {
    const inputs = new Map<string, Float32Array | Int32Array>([
      ['images', referenceInput([BATCH, 3, SIZE_PX, SIZE_PX])],
      ['targets', Int32Array.from({ length: BATCH }, (_, index) => index % CLASSES)],
      ['learningRate', Float32Array.of(0.05)],
    ]);
    for (let step = 0; step < 3; step++) await session.run(inputs);
    return await session.readState();
  } finally {
    await session.dispose();
  }
}

describe('waiting threads', () => {
  it('spin for microseconds unless somebody asks for something else', () => {
    expect(waiting()).toEqual({ session: { intra_op: { allow_spinning: '1', spin_duration_us: '50' } } });
    expect(waiting(0)).toEqual({ session: { intra_op: { allow_spinning: '0' } } });
    expect(waiting(Number.POSITIVE_INFINITY)).toEqual({});
  });

  it('change no bit of a training, however they wait', async () => {
    const usual = await weightsAfterThreeSteps();
    for (const spinUs of [0, Number.POSITIVE_INFINITY]) {
      const other = await weightsAfterThreeSteps(spinUs);
      expect([...other.keys()]).toEqual([...usual.keys()]);
      for (const [index, [name, values]] of [...other].entries()) {
        expect(values, name).toEqual(at([...usual.values()], index));
      }
    }
  });
});
