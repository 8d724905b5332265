/** The offsets of all pieces of a plan's memory within one allocation, and its size. */
import { at } from '../../at.ts';
import { valueAt } from '../../value-at.ts';
import { type Lifetime, layOut, type Memory, rounded, type StepMemory } from './memory.ts';
import type { Launch, Plan } from './plan.ts';

/** What one run's inputs may need for the next run's to wait beside them: larger ones go up in the order of the launches. */
const MOST_STAGED_BYTES = 2 ** 28;
const STAGING_SLOTS = 2;

export interface PlannedMemory {
  readonly offsets: ReadonlyMap<Memory, number>;
  readonly bytes: number;
  /** All inputs lie side by side, so that one copy brings them there. */
  readonly inputs: { readonly offset: number; readonly bytes: number };
  /** The offsets of the places where the inputs of a run wait, each as large as `inputs`; none if there are no inputs, or too large ones. */
  readonly slots: readonly number[];
  /** The part of these bytes that temporary pieces share. */
  readonly arenaBytes: number;
}

export function planMemory({ preparations, launches, inputs, state, outputs }: Plan): PlannedMemory {
  const lifetimes = new Map<StepMemory, Lifetime>();
  const lasting = new Set<Memory>([...state.values(), ...outputs.values()]);
  for (const launch of preparations) for (const piece of memoryOf(launch)) lasting.add(piece);
  for (const [index, launch] of launches.entries()) {
    for (const piece of memoryOf(launch)) {
      if (piece.kind !== 'step') lasting.add(piece);
      else {
        const first = lifetimes.get(piece)?.first ?? index;
        lifetimes.set(piece, { bytes: piece.bytes, first, last: index });
      }
    }
  }
  const pieces = [...lifetimes.keys()];
  const arena = layOut(pieces.map((piece) => valueAt(lifetimes, piece)));
  const offsets = new Map<Memory, number>(pieces.map((piece, index) => [piece, at(arena.offsets, index)]));
  let bytes = arena.bytes;
  const place = (piece: Memory) => {
    offsets.set(piece, bytes);
    bytes += rounded(piece.bytes);
  };
  for (const piece of inputs.values()) place(piece);
  const given = { offset: arena.bytes, bytes: bytes - arena.bytes };
  for (const piece of lasting) if (!offsets.has(piece)) place(piece);
  const end = bytes;
  const isStaged = given.bytes > 0 && given.bytes <= MOST_STAGED_BYTES;
  const slots = Array.from({ length: isStaged ? STAGING_SLOTS : 0 }, (_, slot) => end + slot * given.bytes);
  return { offsets, bytes: end + slots.length * given.bytes, inputs: given, slots, arenaBytes: arena.bytes };
}

/** Every piece that a launch reads or writes, including through its tables; once each. */
export function memoryOf(launch: Launch): Set<Memory> {
  const pieces = new Set<Memory>();
  for (const argument of launch.arguments) {
    if (argument.kind !== 'memory' || !argument.memory) continue;
    pieces.add(argument.memory);
    if (argument.memory.kind !== 'table') continue;
    for (const word of argument.memory.words) if (typeof word !== 'bigint') pieces.add(word);
  }
  return pieces;
}
