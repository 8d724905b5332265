/**
 * NVIDIA cards through their driver alone: no toolkit, no compiler, nothing to install. A program becomes a plan of
 * launches of precompiled kernels (`kernels/`), which the driver compiles for the card at hand. README.md in this
 * folder lists the cards it has run on so far.
 */
import { messageOf } from '../../failure.ts';
import type { Device } from '../device.ts';
import { DeviceAbsent } from '../device-failures.ts';
import type { DeviceTraits, Engine, Precision, ProgramSession } from '../engine.ts';
import { type CardFacts, cardTitle, listCards, tooOld } from './card.ts';
import { driverFile } from './driver-library.ts';
import { cardWithKernels } from './kernels.ts';
import { OpenCards } from './open-cards.ts';
import { planProgram } from './plan-program.ts';
import { TILE_SEARCH, type TileSearch } from './tile-search.ts';
import { tunedSession } from './tuned-session.ts';

/** The platforms NVIDIA has drivers for. */
const PLATFORMS: readonly NodeJS.Platform[] = ['linux', 'win32'];
const DEFAULT_PRECISION: Precision = 'fp32';

interface Found {
  readonly cards: readonly CardFacts[];
  /** Why there are no cards. */
  readonly absence?: string;
}

/** @param driver returns the driver's file, which is loaded when its cards are first queried */
export function cudaEngineBy(driver: () => string, search: TileSearch = TILE_SEARCH): Engine {
  // Cached: cards do not come and go while a process runs.
  let found: Found | undefined;
  const find = () => {
    found ??= askDriver(driver());
    return found;
  };
  const open = new OpenCards(driver);
  return {
    kind: 'cuda',
    devices() {
      if (!PLATFORMS.includes(process.platform)) return [];
      return Array.from({ length: Math.max(1, find().cards.length) }, (_, index) => deviceAt(index));
    },
    absence({ index }) {
      const { cards, absence } = find();
      const card = cards[index];
      if (card) return tooOld(card);
      return absence ?? `The NVIDIA driver knows ${cards.length} cards, and none of them is number ${index}.`;
    },
    traits: ({ index }) => traitsOf(find().cards[index], index),
    identity({ index }) {
      const card = find().cards[index];
      return card && cardWithKernels(card);
    },
    versions() {
      const [card] = find().cards;
      return card ? { cuda: card.driver } : {};
    },
    async prepare(program, state, { device: { index }, precision = DEFAULT_PRECISION }) {
      const plan = planProgram(program, precision);
      const { card, leave } = open.enter(index);
      try {
        return leftWith(await tunedSession(card, program, plan, state, search), leave);
      } catch (error) {
        leave();
        throw error;
      }
    },
  };
}

export const cudaEngine: Engine = cudaEngineBy(driverFile);

function askDriver(file: string): Found {
  try {
    const cards = listCards(file);
    return cards.length > 0 ? { cards } : { cards, absence: 'The NVIDIA driver is installed, but finds no card.' };
  } catch (error) {
    const [reason = ''] = messageOf(error).split('\n');
    const says = error instanceof DeviceAbsent ? reason : `The NVIDIA driver does not start (${reason}).`;
    return { cards: [], absence: says };
  }
}

function deviceAt(index: number): Device<'cuda'> {
  return { engine: 'cuda', provider: 'driver', index };
}

function traitsOf(card: CardFacts | undefined, index: number): DeviceTraits {
  return {
    title: card ? cardTitle(card) : 'NVIDIA card through its driver',
    hardware: `card ${index}`,
    software: false,
    keepsStateOnDevice: true,
    blockedLayout: false,
    int8: false,
    takesStored: false,
    savesMemory: false,
    precisions: ['fp32', 'bf16'],
    takesPixels: true,
    memoryBytes: card?.memoryBytes,
    inOwnProcess: true,
  };
}

function leftWith(session: ProgramSession, leave: () => void): ProgramSession {
  return {
    run: (inputs, meanwhile) => session.run(inputs, meanwhile),
    readState: (names) => session.readState(names),
    writeState: (state) => session.writeState(state),
    async dispose() {
      await session.dispose();
      leave();
    },
  };
}
