/**
 * The view state of a project's ranks: what a person looks at and has chosen. Every part of the screen reads what it needs from
 * it and changes it. What the workbench knows is elsewhere (ranking-in-sight.ts).
 */
import { createContext, createRef, type RefObject, useContext, useState } from 'react';
import { createStore, type StoreApi, useStore } from 'zustand';
import { FIRST_CHOSEN, onlyAt, type RankSelection } from '../../acts/rank-selection.ts';
import type { VirtualGridHandle } from '../../components/virtual-grid.tsx';

export const ZOOMS = { min: 64, max: 240, step: 16, usual: 112 } as const;

export const panelTabs = ['image', 'selection', 'changes'] as const;
export type PanelTab = (typeof panelTabs)[number];

export interface RanksStore {
  /** Null: the newest. */
  readonly labelRunId: string | null;
  /** Null: the first. */
  readonly classId: number | null;
  /** The labelling that each image's rank is compared with. */
  readonly besideRunId: string | null;
  readonly tilePx: number;
  readonly tab: PanelTab;
  /** The images that acts apply to. */
  readonly selection: RankSelection;
  /** An image that is not ranked here, shown until another one is chosen. */
  readonly elsewhere: number | null;
  readonly grid: RefObject<VirtualGridHandle | null>;
  /** The field for the rank to go to. */
  readonly jump: RefObject<HTMLInputElement | null>;
  showLabelRun(runId: string): void;
  showClass(classId: number): void;
  showBeside(runId: string | null): void;
  zoom(tilePx: number): void;
  openTab(tab: PanelTab): void;
  select(selection: RankSelection): void;
  /** Goes to this index of the ranking, from 0, and selects it. */
  goTo(place: number): void;
  /** Shows the image at this rank or, if that is null, one that is not ranked here. */
  showImage(imageId: number, rank: number | null): void;
}

const NOTHING_CHOSEN = { selection: FIRST_CHOSEN, elsewhere: null } as const;
const USUAL_LOOK = { classId: null, besideRunId: null, tilePx: ZOOMS.usual, tab: 'image', ...NOTHING_CHOSEN } as const;

export function createRanksStore(): StoreApi<RanksStore> {
  return createStore((set, get) => ({
    labelRunId: null,
    ...USUAL_LOOK,
    grid: createRef(),
    jump: createRef(),
    showLabelRun: (labelRunId) => set({ labelRunId, ...USUAL_LOOK }),
    showClass: (classId) => set({ classId, ...NOTHING_CHOSEN }),
    showBeside: (besideRunId) => set({ besideRunId, tab: besideRunId === null ? 'image' : 'changes' }),
    zoom: (tilePx) => set({ tilePx }),
    openTab: (tab) => set({ tab }),
    select: (selection) => set({ selection, elsewhere: null }),
    goTo: (place) => {
      const { select, grid } = get();
      select(onlyAt(place));
      grid.current?.scrollToIndex(place, 'center');
      grid.current?.focus();
    },
    showImage: (imageId, rank) => {
      if (rank === null) set({ elsewhere: imageId, tab: 'image' });
      else get().goTo(rank - 1);
    },
  }));
}

const Context = createContext<StoreApi<RanksStore> | null>(null);
export const RanksProvider = Context.Provider;

/** One store per screen, for as long as it is open. */
export function useNewRanksStore(): StoreApi<RanksStore> {
  return useState(createRanksStore)[0];
}

export function useRanks<T>(choose: (store: RanksStore) => T): T {
  const store = useContext(Context);
  if (!store) throw new Error('the ranks are not open');
  return useStore(store, choose);
}
