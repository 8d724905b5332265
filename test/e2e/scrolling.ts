/** Scrolls a grid as a person does: by wheel and by its bar. Every movement waits until the page has processed the last. */
import type { Locator } from '@playwright/test';

/** In turn: slowly, so that pictures load; at normal speed; and too fast for pictures. */
const SPEEDS_PX_PER_SECOND = [500, 2000, 8000] as const;
const PACE_MS = 2000;
const FAST_PX_PER_SECOND = 10_000;
/** Chromium's scroll bars on Linux: the minimum length of a thumb, used for long content. The buttons are squares. */
const THUMB_PX = 17;

/** Downwards. */
export async function wheelFor(grid: Locator, durationMs: number): Promise<void> {
  const started = performance.now();
  for (let turn = 0; performance.now() - started < durationMs; turn++) {
    const speed = SPEEDS_PX_PER_SECOND[turn % SPEEDS_PX_PER_SECOND.length] ?? 0;
    await wheel(grid, (speed * PACE_MS) / 1000, speed);
  }
}

/** From the current position, until the tile is in sight. */
export async function wheelToIndex(grid: Locator, index: number): Promise<void> {
  for (;;) {
    const awayPx = await distanceTo(grid, index);
    if (awayPx === 0) return;
    await wheel(grid, awayPx, FAST_PX_PER_SECOND);
  }
}

/** The browser generates the wheel events itself, one per frame. */
async function wheel(grid: Locator, downPx: number, speed: number): Promise<void> {
  const box = await boxOf(grid);
  const session = await grid.page().context().newCDPSession(grid.page());
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await session.send('Input.synthesizeScrollGesture', { x, y, yDistance: -downPx, speed, gestureSourceType: 'mouse' });
  await session.detach();
}

/** Grabs the bar's thumb and releases it at a share of the way. */
export async function drag(grid: Locator, share: number): Promise<void> {
  const bar = await takeThumb(grid);
  await bar.moveTo(share, 20);
  await grid.page().mouse.up();
}

/** Down and up the whole way, repeatedly. */
export async function dragFor(grid: Locator, durationMs: number): Promise<void> {
  const bar = await takeThumb(grid);
  const started = performance.now();
  for (let turn = 0; performance.now() - started < durationMs; turn++) await bar.moveTo(turn % 2 === 0 ? 1 : 0, 60);
  await bar.moveTo(0.5, 20);
  await grid.page().mouse.up();
}

async function takeThumb(grid: Locator) {
  const { mouse } = grid.page();
  const box = await boxOf(grid);
  const { barPx, share } = await grid.evaluate((element) => ({
    barPx: element instanceof HTMLElement ? element.offsetWidth - element.clientWidth : 0,
    share: element.scrollTop / (element.scrollHeight - element.clientHeight),
  }));
  if (barPx === 0) throw new Error('The grid has no scroll bar to drag.');
  const x = box.x + box.width - barPx / 2;
  const yAt = (place: number) => box.y + barPx + THUMB_PX / 2 + place * (box.height - 2 * barPx - THUMB_PX);
  await mouse.move(x, yAt(share));
  await mouse.down();
  return { moveTo: async (place: number, steps: number) => await mouse.move(x, yAt(place), { steps }) };
}

async function boxOf(grid: Locator) {
  const box = await grid.boundingBox();
  if (!box) throw new Error('The grid is not in the page.');
  return box;
}

/** How far down the wheel must turn until the whole tile is in sight; 0 if it is. */
async function distanceTo(grid: Locator, index: number): Promise<number> {
  return await grid.evaluate((element, wanted) => {
    const view = element.getBoundingClientRect();
    const tiles = [...element.querySelectorAll<HTMLElement>('[data-index]')].map((tile) => ({
      index: Number(tile.dataset.index),
      box: tile.getBoundingClientRect(),
    }));
    const own = tiles.find((tile) => tile.index === wanted);
    if (own && own.box.top >= view.top && own.box.bottom <= view.bottom) return 0;
    const [first, last] = [tiles[0], tiles.at(-1)];
    if (own || !first || !last) return (own?.box.bottom ?? 0) - (view.top + view.bottom) / 2;
    const columns = tiles.filter(({ box }) => box.top === first.box.top).length;
    const rowPx = (last.box.top - first.box.top) / ((last.index - first.index) / columns);
    return first.box.top - view.top + ((wanted - first.index) / columns) * rowPx;
  }, index);
}
