/**
 * Chooses the tile of each convolution of a plan by timing all of them on the card itself, over the memory that is
 * already laid out: the launches only write what a run computes anew. Results do not depend on the choice. What was
 * found is kept in the settings folder for that card, driver and kernels, so that a shape is measured once.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { at } from '../../at.ts';
import { readKeptList, writeKeptList } from '../../kept-list.ts';
import { settingsFolder } from '../../settings-folder.ts';
import type { Launch } from './plan.ts';
import { byTile, shapeOf } from './tiles.ts';

export interface TileSearch {
  /** Smaller convolutions take no longer than their launch, by any tile. */
  readonly leastMultiplyAdds: number;
  /** After so long, shapes that are left keep the usual tile; the next preparation goes on with them. */
  readonly limitMs: number;
  now(): number;
}

/** 10⁸ products and sums take a card of 2020 about five microseconds. */
export const TILE_SEARCH: TileSearch = { leastMultiplyAdds: 1e8, limitMs: 2000, now: () => performance.now() };

/** Milliseconds that each launch takes, one after the other. */
export type TimeLaunches = (launches: readonly Launch[]) => readonly number[];

/** The first launch of a tile also loads its kernel; of the others, the shortest time counts. */
const LAUNCHES_A_TILE = 4;
/** Cards and drivers that are remembered; the ones seen last. */
const MOST_CARDS = 16;

/**
 * The fastest tile's kernel for each shape that is not known yet, those with the most products first.
 * @param known kernels by shape
 */
export function findTiles(
  launches: readonly Launch[],
  known: ReadonlyMap<string, string>,
  time: TimeLaunches,
  { leastMultiplyAdds, limitMs, now }: TileSearch,
): Map<string, string> {
  const wanted = new Map<string, { readonly launch: Launch; multiplyAdds: number }>();
  for (const launch of launches) {
    if (launch.tiles.length < 2 || launch.multiplyAdds < leastMultiplyAdds) continue;
    const shape = shapeOf(launch);
    const kept = known.get(shape);
    if (launch.tiles.some(({ kernel }) => kernel === kept)) continue;
    const entry = wanted.get(shape) ?? { launch, multiplyAdds: 0 };
    entry.multiplyAdds += launch.multiplyAdds;
    wanted.set(shape, entry);
  }
  const found = new Map<string, string>();
  const order = [...wanted].sort(([, a], [, b]) => b.multiplyAdds - a.multiplyAdds);
  // A driver compiles the kernels when it sees them for the first time: that is no part of the search.
  const [first] = order;
  if (first) time(first[1].launch.tiles.map(({ kernel }) => byTile(first[1].launch, kernel)));
  const end = now() + limitMs;
  for (const [shape, { launch }] of order) {
    const times: number[] = [];
    for (const { kernel } of launch.tiles) {
      if (now() >= end) return found;
      const [, ...taken] = time(Array.from({ length: LAUNCHES_A_TILE }, () => byTile(launch, kernel)));
      times.push(Math.min(...taken));
    }
    found.set(shape, at(launch.tiles, times.indexOf(Math.min(...times))).kernel);
  }
  return found;
}

/** The tiles found for one card, driver and set of kernels, as they lie in the settings. */
export class KeptTiles {
  readonly #card: string;
  readonly #known: Map<string, string>;
  #hasNew = false;

  private constructor(card: string, known: Map<string, string>) {
    this.#card = card;
    this.#known = known;
  }

  /** @param card names the card, its driver and the kernels; empty if nothing readable is kept for it */
  static async read(card: string): Promise<KeptTiles> {
    // Unreadable settings must not prevent computing.
    const entries = await readKeptList(tilesFile(), schema).catch(() => []);
    const own = entries.find((entry) => entry.card === card);
    return new KeptTiles(card, new Map(own?.tiles));
  }

  /** The launches by the tiles that are known for their shapes. */
  chosen(launches: readonly Launch[]): Launch[] {
    return launches.map((launch) =>
      launch.tiles.length === 0 ? launch : byTile(launch, this.#known.get(shapeOf(launch))),
    );
  }

  search(launches: readonly Launch[], time: TimeLaunches, search: TileSearch): void {
    for (const [shape, kernel] of findTiles(launches, this.#known, time, search)) {
      this.#known.set(shape, kernel);
      this.#hasNew = true;
    }
  }

  async write(): Promise<void> {
    if (!this.#hasNew) return;
    try {
      const all = await readKeptList(tilesFile(), schema);
      // What another process found in the meantime stays.
      const own = new Map([...(all.find(({ card }) => card === this.#card)?.tiles ?? []), ...this.#known]);
      const others = all.filter(({ card }) => card !== this.#card);
      await writeKeptList(tilesFile(), [...others.slice(1 - MOST_CARDS), { card: this.#card, tiles: [...own] }]);
      this.#hasNew = false;
    } catch {
      // Not fatal: the shapes are measured again next time.
    }
  }
}

const schema = z.array(z.object({ card: z.string(), tiles: z.array(z.tuple([z.string(), z.string()])) }));

function tilesFile(): string {
  return join(settingsFolder(), 'card-tiles.json');
}
