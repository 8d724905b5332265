/**
 * The way of a run's inputs to a card while an earlier run computes: into pinned memory, from there by a stream of its
 * own into a place on the card where they wait, and by a copy on the card to where the launches read them. The runs take
 * turns with the slots; events keep whoever writes a slot behind whoever still reads it.
 */
import { at } from '../../at.ts';
import type { TensorData } from '../engine.ts';
import type { Card } from './card.ts';
import type { PlannedMemory } from './plan-memory.ts';

interface Slot {
  /** As much pinned memory as all inputs need, and as much on the card. */
  readonly pinned: bigint;
  readonly waiting: bigint;
  /** The pinned memory may be written. */
  readonly uploaded: bigint;
  /** The place on the card may be written. */
  readonly taken: bigint;
}

export interface PlacedInput {
  /** From the first input on, in bytes. */
  readonly offset: number;
  readonly data: TensorData;
}

export class InputStaging {
  readonly #card: Card;
  readonly #pinned: bigint;
  readonly #inputs: bigint;
  readonly #bytes: number;
  readonly #slots: readonly Slot[];
  #runs = 0;

  private constructor(card: Card, pinned: bigint, { inputs, slots }: PlannedMemory, memory: bigint) {
    this.#card = card;
    this.#pinned = pinned;
    this.#inputs = memory + BigInt(inputs.offset);
    this.#bytes = inputs.bytes;
    this.#slots = slots.map((offset, index) => ({
      pinned: pinned + BigInt(index * inputs.bytes),
      waiting: memory + BigInt(offset),
      uploaded: card.createEvent(),
      taken: card.createEvent(),
    }));
  }

  /**
   * Undefined where the plan has no slots, or the driver no pinned memory.
   * @param memory where the planned memory begins on the card
   */
  static open(card: Card, planned: PlannedMemory, memory: bigint): InputStaging | undefined {
    if (planned.slots.length === 0) return undefined;
    const pinned = card.allocatePinned(planned.slots.length * planned.inputs.bytes);
    if (pinned === undefined) return undefined;
    try {
      return new InputStaging(card, pinned, planned, memory);
    } catch (error) {
      card.lettingGo(() => card.freePinned(pinned));
      throw error;
    }
  }

  /**
   * What is launched after this call reads these inputs. Returns when the data may be modified; it waits only if the
   * upload of the run before the last one is not done yet.
   */
  give(inputs: readonly PlacedInput[]): void {
    const card = this.#card;
    const { pinned, waiting, uploaded, taken } = at(this.#slots, this.#runs++ % this.#slots.length);
    card.waitFor(uploaded);
    for (const { offset, data } of inputs) card.writePinned(pinned + BigInt(offset), data);
    card.hold('uploads', taken);
    card.uploadPinned(waiting, pinned, this.#bytes);
    card.mark(uploaded, 'uploads');
    card.hold('compute', uploaded);
    card.copy(this.#inputs, waiting, this.#bytes);
    card.mark(taken, 'compute');
  }

  /** After the card has done all that it was given. */
  dispose(): void {
    for (const { uploaded, taken } of this.#slots) {
      this.#card.waitFor(uploaded);
      for (const event of [uploaded, taken]) this.#card.destroyEvent(event);
    }
    this.#card.freePinned(this.#pinned);
  }
}
