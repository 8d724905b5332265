/** The window's last position, kept in the settings folder and restored if a screen still shows that place. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { BrowserWindow, Rectangle } from 'electron';
import { z } from 'zod';

const SMALLEST = { width: 640, height: 480 } as const;
const USUAL = { width: 1360, height: 860 } as const;
/** This much of the title bar must be on a screen for the window to be draggable. */
const GRASP_PX = 100;

const stateSchema = z.object({
  x: z.int(),
  y: z.int(),
  width: z.int().min(SMALLEST.width),
  height: z.int().min(SMALLEST.height),
  maximized: z.boolean(),
});
type WindowState = z.infer<typeof stateSchema>;

export interface WindowPlace {
  /** For the window's options; without a position the system centres it. */
  readonly bounds: Partial<Rectangle> & { readonly width: number; readonly height: number };
  readonly maximized: boolean;
}

/** `workAreas`: those of the current screens. A damaged file counts as none. */
export function restoredPlace(file: string, workAreas: readonly Rectangle[]): WindowPlace {
  const state = readState(file);
  if (!state) return { bounds: USUAL, maximized: false };
  const { maximized, ...bounds } = state;
  const shown = workAreas.some((area) => graspable(bounds, area));
  return { bounds: shown ? bounds : { width: bounds.width, height: bounds.height }, maximized };
}

/** Written at once, since the window is about to close. A failure to write is not worth reporting. */
export function keepPlace(file: string, window: Pick<BrowserWindow, 'getNormalBounds' | 'isMaximized'>): void {
  const state: WindowState = { ...window.getNormalBounds(), maximized: window.isMaximized() };
  try {
    writeFileSync(file, JSON.stringify(state));
  } catch {
    // The next start uses the default position.
  }
}

export const smallestSize = { minWidth: SMALLEST.width, minHeight: SMALLEST.height } as const;

function readState(file: string): WindowState | undefined {
  try {
    return stateSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

function graspable(bounds: Rectangle, area: Rectangle): boolean {
  const overlap = Math.min(bounds.x + bounds.width, area.x + area.width) - Math.max(bounds.x, area.x);
  return overlap >= GRASP_PX && bounds.y >= area.y && bounds.y < area.y + area.height - GRASP_PX / 2;
}
