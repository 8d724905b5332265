/**
 * A plan on a card: its memory is allocated and its launches are recorded once, and each run is a single submission to
 * the card. The state stays in the card's memory; the inputs of a run go up while the one before it computes.
 */
import { elementCount, type Program } from '../../graph/program.ts';
import { valueAt } from '../../value-at.ts';
import type { ProgramSession, Tensors } from '../engine.ts';
import { givenTensor } from '../given-tensor.ts';
import type { Card, CardLaunch, RecordedLaunches } from './card.ts';
import { InputStaging } from './input-staging.ts';
import { floatBits } from './lowerings/tables.ts';
import type { Memory } from './memory.ts';
import type { Argument, Launch, Plan } from './plan.ts';
import { type PlannedMemory, planMemory } from './plan-memory.ts';
import type { TimeLaunches } from './tile-search.ts';

export class CudaSession implements ProgramSession {
  readonly #card: Card;
  readonly #program: Program;
  readonly #plan: Plan;
  readonly #memory: bigint;
  readonly #places: ReadonlyMap<Memory, bigint>;
  readonly #preparation: RecordedLaunches;
  readonly #step: RecordedLaunches;
  /** Where the inputs' places begin. */
  readonly #inputs: bigint;
  readonly #staging: InputStaging | undefined;

  /**
   * Throws `OutOfMemory` if the plan does not fit on the card.
   * @param tuned the same launches, each by the way that is fastest on this card
   */
  constructor(
    card: Card,
    program: Program,
    plan: Plan,
    state: Tensors,
    tuned: (launches: readonly Launch[], time: TimeLaunches) => readonly Launch[] = (launches) => launches,
  ) {
    this.#card = card;
    this.#program = program;
    this.#plan = plan;
    const planned = planMemory(plan);
    this.#memory = card.allocate(Math.max(planned.bytes, 1));
    try {
      this.#places = new Map([...planned.offsets].map(([piece, offset]) => [piece, this.#memory + BigInt(offset)]));
      this.#writeTables(planned);
      this.#uploadState(state);
      this.#plan = { ...plan, launches: tuned(plan.launches, (launches) => this.#time(launches)) };
      this.#preparation = card.record(plan.preparations.map((launch) => this.#cardLaunch(launch)));
      this.#step = card.record(this.#plan.launches.map((launch) => this.#cardLaunch(launch)));
      this.#prepare();
      this.#inputs = this.#memory + BigInt(planned.inputs.offset);
      this.#staging = InputStaging.open(card, planned, this.#memory);
    } catch (error) {
      card.free(this.#memory);
      throw error;
    }
  }

  async run(inputs: Tensors, meanwhile?: () => Promise<void>): Promise<Map<string, Float32Array>> {
    const given = [...this.#program.inputs].map(([name, value]) => ({
      place: this.#placeOf(valueAt(this.#plan.inputs, name)),
      data: givenTensor(inputs, 'input', name, value),
    }));
    if (this.#staging) {
      this.#staging.give(given.map(({ place, data }) => ({ offset: Number(place - this.#inputs), data })));
    } else for (const { place, data } of given) this.#card.upload(place, data);
    this.#step.launch();
    await meanwhile?.();
    return new Map(
      [...this.#program.outputs].map(([name, { shape }]) => [
        name,
        this.#card.download(this.#placeOf(valueAt(this.#plan.outputs, name)), elementCount(shape)),
      ]),
    );
  }

  /** One step, launch by launch, over the inputs of the last run: milliseconds on the card, in the plan's order. */
  timeLaunches(): number[] {
    return this.#time(this.#plan.launches);
  }

  /** With the launches as they are done on this card. */
  get plan(): Plan {
    return this.#plan;
  }

  async readState(names = this.#program.state.map(({ name }) => name)): Promise<Map<string, Float32Array>> {
    const shapes = new Map(this.#program.state.map(({ name, value }) => [name, value.shape]));
    return new Map(
      names.map((name) => [
        name,
        this.#card.download(this.#placeOf(valueAt(this.#plan.state, name)), elementCount(valueAt(shapes, name))),
      ]),
    );
  }

  async writeState(state: Tensors): Promise<void> {
    this.#uploadState(state);
    this.#prepare();
  }

  async dispose(): Promise<void> {
    this.#card.lettingGo(() => {
      this.#card.wait();
      this.#staging?.dispose();
      this.#preparation.dispose();
      this.#step.dispose();
      this.#card.free(this.#memory);
    });
  }

  #time(launches: readonly Launch[]): number[] {
    return this.#card.time(launches.map((launch) => this.#cardLaunch(launch)));
  }

  #uploadState(state: Tensors): void {
    for (const { name, value } of this.#program.state) {
      this.#card.upload(this.#placeOf(valueAt(this.#plan.state, name)), givenTensor(state, 'state', name, value));
    }
  }

  #prepare(): void {
    if (this.#plan.preparations.length > 0) this.#preparation.launch();
  }

  #writeTables({ offsets }: PlannedMemory): void {
    for (const [piece, offset] of offsets) {
      if (piece.kind !== 'table') continue;
      const words = piece.words.map((word) => (typeof word === 'bigint' ? word : this.#placeOf(word)));
      this.#card.upload(this.#memory + BigInt(offset), BigUint64Array.from(words));
    }
  }

  #cardLaunch({ kernel, grid, threads, sharedBytes, arguments: args }: Launch): CardLaunch {
    return { kernel, grid, threads, sharedBytes, arguments: args.map((argument) => this.#words(argument)) };
  }

  /** An argument as it lies in memory, in whole words. */
  #words(argument: Argument): bigint[] {
    switch (argument.kind) {
      case 'memory':
        return [argument.memory ? this.#placeOf(argument.memory) : 0n];
      case 'int':
        return [BigInt.asUintN(32, BigInt(argument.value))];
      case 'float':
        return [BigInt(floatBits(argument.value))];
      case 'ints': {
        const words = new BigUint64Array(Math.ceil(argument.values.length / 2));
        new Int32Array(words.buffer).set(argument.values);
        return [...words];
      }
      default:
        return argument satisfies never;
    }
  }

  #placeOf(piece: Memory): bigint {
    return valueAt(this.#places, piece);
  }
}
