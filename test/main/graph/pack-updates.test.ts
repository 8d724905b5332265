/** A packed program is equivalent: the same number of steps of both from one state ends in the same numbers. */
import { describe, expect, it } from 'vitest';
import { CPU } from '../../../main/engines/device.ts';
import type { TensorData, Tensors } from '../../../main/engines/engine.ts';
import { onnxRuntimeEngine } from '../../../main/engines/onnxruntime/onnxruntime-engine.ts';
import { packedSession, packState } from '../../../main/engines/onnxruntime/packed-session.ts';
import { packUpdates } from '../../../main/graph/pack-updates.ts';
import type { Program } from '../../../main/graph/program.ts';
import { architecture } from '../../../main/models/family.ts';
import { initialTrainingState, trainingProgram } from '../../../main/models/programs.ts';
import { referenceInput, referenceWeights } from '../../../main/models/reference-weights.ts';

const BATCH = 2;
const SIZE_PX = 16;
const network = { ...architecture('small-basic', 4), layers: [1, 1], width: 8 };

describe('a packed training program', () => {
  it.each([
    { what: 'with moving averages', options: { averageDecay: 0.9 } },
    { what: 'in parts', options: { parts: 2 } },
    { what: 'in parts, with moving averages', options: { parts: 2, averageDecay: 0.9 } },
    { what: 'with sums of its losses', options: { tally: true } },
  ])('$what makes the same steps', async ({ options }) => {
    const program = training(options);
    const state = initialTrainingState(program, referenceWeights(network));
    const { program: packed, packs } = packUpdates(program);
    expect(packed.state.length).toBeLessThan(program.state.length / 3);
    const found = await stateAfterRuns(packed, packState(state, packs), (session) =>
      packedSession(session, program, packs),
    );
    const wanted = await stateAfterRuns(program, state, (session) => session);
    expect([...found.keys()]).toEqual([...wanted.keys()]);
    for (const [name, data] of wanted) expect(found.get(name), name).toEqual(data);
  });

  it('has one update for all small tensors of a kind', () => {
    const program = training({ averageDecay: 0.9 });
    const updates = ({ nodes }: Program) =>
      nodes.filter(({ kind }) => kind === 'sgdUpdate' || kind === 'exponentialAverage');
    expect(updates(program).length).toBeGreaterThan(50);
    // One for the parameters, one for their averages, those for the statistics: means, and variances by the size of
    // their maps.
    expect(updates(packUpdates(program).program).length).toBeLessThan(8);
  });

  it('leaves large tensors alone', () => {
    const wide = { ...network, width: 256 };
    const { packs } = packUpdates(training({}, wide));
    const members = packs.flatMap((pack) => pack.members.map(({ name }) => name));
    expect(members).toContain('fc.bias');
    expect(members).not.toContain('layer1.0.conv1.weight');
  });
});

function training(options: Partial<Parameters<typeof trainingProgram>[0]>, of = network): Program {
  return trainingProgram({
    network: of,
    batch: BATCH,
    imageSizePx: SIZE_PX,
    optimiser: { momentum: 0.9, weightDecay: 1e-2, nesterov: true },
    labelSmoothing: 0.1,
    dropoutRate: 0,
    softTargets: false,
    ...options,
  });
}

type Session = Awaited<ReturnType<typeof onnxRuntimeEngine.prepare>>;

/** The state after four runs. */
async function stateAfterRuns(program: Program, state: Tensors, spokenTo: (session: Session) => Session) {
  const session = spokenTo(await onnxRuntimeEngine.prepare(program, state, { device: CPU, threads: 1 }));
  try {
    for (let run = 0; run < 4; run++) {
      await session.run(
        new Map<string, TensorData>([
          ['images', referenceInput([BATCH, 3, SIZE_PX, SIZE_PX])],
          ['targets', Int32Array.from({ length: BATCH }, (_, index) => (run + index) % 4)],
          ['learningRate', Float32Array.of(0.02)],
          ['beginsTally', Int32Array.of(Number(run === 1))],
          ['lastPart', Int32Array.of(run % 2)],
        ]),
      );
    }
    return await session.readState();
  } finally {
    await session.dispose();
  }
}
