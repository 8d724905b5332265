/** Inputs that go up while an earlier run computes, on a driver that does everything as late as it may. */
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Card } from '../../../../main/engines/cuda/card.ts';
import { CudaSession } from '../../../../main/engines/cuda/cuda-session.ts';
import { planMemory } from '../../../../main/engines/cuda/plan-memory.ts';
import { planProgram } from '../../../../main/engines/cuda/plan-program.ts';
import { GraphBuilder } from '../../../../main/graph/graph-builder.ts';
import { exponentialAverage } from '../../../../main/graph/ops/exponential-average.ts';
import { CounterRandom } from '../../../../main/random.ts';
import { setUpStandIn, standInCard, standInLibrary } from './stand-in-card.ts';

const library = standInLibrary();
const NUMBERS = 100;
const RUNS = 9;

afterEach(() => {
  vi.restoreAllMocks();
});

describe.skipIf(!library)('inputs that go up beside the launches', () => {
  it('give the same results to the bit as those that go up in the order of the launches', async () => {
    if (!library) return;
    const uploads = vi.spyOn(Card.prototype, 'uploadPinned');
    const staged = await afterRuns(library);
    expect(uploads).toHaveBeenCalledTimes(RUNS);
    setUpStandIn(library, { pins: false });
    const inOrder = await afterRuns(library);
    expect(uploads).toHaveBeenCalledTimes(RUNS);
    expect(staged).toEqual(inOrder);
    expect(staged.get('first')?.every(Number.isFinite)).toBe(true);
    expect(staged.get('first')).not.toEqual(staged.get('second'));
  });

  it('may be changed as soon as a run has returned, of which several are under way at once', async () => {
    if (!library) return;
    const downloads = vi.spyOn(Card.prototype, 'wait');
    const expected = await afterRuns(library);
    expect(downloads).toHaveBeenCalledTimes(3);
    expect(await afterRuns(library, { isOneArray: true })).toEqual(expected);
  });

  it('are read by a run only when they are there', async () => {
    if (!library) return;
    const expected = await afterRuns(library);
    loseHold('compute');
    expect(await afterRuns(library)).not.toEqual(expected);
  });

  it('do not overwrite on the card those that no run has taken yet', async () => {
    if (!library) return;
    const expected = await afterRuns(library);
    loseHold('uploads');
    expect(await afterRuns(library)).not.toEqual(expected);
  });

  it('do not overwrite in the computer’s memory those that are still going up', async () => {
    if (!library) return;
    const expected = await afterRuns(library);
    const { waitFor } = Card.prototype;
    let waits = 0;
    vi.spyOn(Card.prototype, 'waitFor').mockImplementation(function (this: Card, event) {
      // Those before the session is disposed of.
      if (++waits > RUNS) waitFor.call(this, event);
    });
    expect(await afterRuns(library)).not.toEqual(expected);
  });

  it('have their places on the card counted before anything runs, if they are not too large', () => {
    const { inputs, slots, bytes } = planMemory(planProgram(twoAverages(NUMBERS), 'fp32'));
    const large = planMemory(planProgram(twoAverages(2 ** 26), 'fp32'));
    expect(inputs.bytes).toBe(2 * 512);
    expect(slots).toEqual([bytes - 2 * inputs.bytes, bytes - inputs.bytes]);
    expect(large.slots).toEqual([]);
    expect(large.bytes - large.arenaBytes).toBeLessThan(2.01 * large.inputs.bytes);
  });
});

/** What the stream was told to wait for is forgotten. */
function loseHold(stream: 'compute' | 'uploads'): void {
  const { hold } = Card.prototype;
  vi.spyOn(Card.prototype, 'hold').mockImplementation(function (this: Card, ...given) {
    if (given[0] !== stream) hold.apply(this, given);
  });
}

/** The state after several runs with inputs of their own each, none of which was waited for. */
async function afterRuns(file: string, { isOneArray = false } = {}) {
  const card = standInCard(file);
  onTestFinished(() => card.close());
  const program = twoAverages(NUMBERS);
  const zeros = () => new Float32Array(NUMBERS);
  const plan = planProgram(program, 'fp32');
  const session = new CudaSession(card, program, plan, new Map(['first', 'second'].map((name) => [name, zeros()])));
  const reused = [zeros(), zeros()] as const;
  for (let run = 0; run < RUNS; run++) {
    const random = new CounterRandom(5, run);
    const [a, b] = isOneArray ? reused : [zeros(), zeros()];
    for (const values of [a, b]) for (const place of values.keys()) values[place] = random.uniform();
    await session.run(
      new Map([
        ['a', a],
        ['b', b],
      ]),
    );
  }
  const state = await session.readState();
  await session.dispose();
  return state;
}

/** first ← (first + a) / 2 and second ← (second + b) / 2, of so many numbers each. */
function twoAverages(count: number) {
  const graph = new GraphBuilder();
  for (const [name, input] of [
    ['first', 'a'],
    ['second', 'b'],
  ] as const) {
    const average = graph.state(name, [count]);
    const value = graph.input(input, [count]);
    graph.setNext(name, graph.applyOne(exponentialAverage, [average, value], { rate: 0.5, correction: 1 }));
  }
  return graph.build();
}
