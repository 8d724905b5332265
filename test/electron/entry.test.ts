/**
 * The built entry, dist/main.cjs, as Electron runs it, with everything it loads; only Electron itself is replaced by the
 * stand-in.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ORIGIN, PARTITION } from '../../electron/scheme.ts';
import { type ElectronStandIn, electronStandIn, WindowStandIn } from './electron-stand-in.ts';
import { temporaryHome } from './open-desktop.ts';

const POLL = { timeout: 120_000 };
const required = createRequire(import.meta.url);
const ENTRY = required.resolve('../../dist/main.cjs');
const ELECTRON = required.resolve('electron');

const given = process.argv;
const EVENTS = ['uncaughtException', 'unhandledRejection'] as const;
/** The tests' own listeners. */
const listeners = EVENTS.map((event) => new Set<unknown>(process.listeners(event as 'exit')));
let home: string;

/** The entry's listeners on the process. */
function added(event: (typeof EVENTS)[number]) {
  const before = listeners[EVENTS.indexOf(event)];
  return process.listeners(event as 'exit').filter((listener) => !before?.has(listener));
}

beforeEach(() => {
  home = temporaryHome();
  vi.stubEnv('UNDERSTUDY_HOME', home);
  process.argv = given.slice(0, 1);
});

afterEach(() => {
  process.argv = given;
  delete required.cache[ELECTRON];
  for (const event of EVENTS) for (const listener of added(event)) process.off(event, listener);
});

function run(electron: ElectronStandIn): void {
  required.cache[ELECTRON] = { exports: electron.host, loaded: true } as unknown as NodeJS.Module;
  delete required.cache[ENTRY];
  required(ENTRY);
}

it('is told everything before it is ready, opens the built page with the built preload, and quits', async () => {
  const electron = electronStandIn();
  run(electron);
  // Synchronously: Electron may be ready at any moment.
  expect(electron.app.calls).toEqual(expect.arrayContaining(['setPath', 'enableSandbox', 'requestSingleInstanceLock']));
  expect(electron.privileged).toHaveLength(1);
  expect(WindowStandIn.all).toEqual([]);
  await expect.poll(() => WindowStandIn.all.at(-1)?.loaded, POLL).toEqual([`${ORIGIN}/`]);
  expect(existsSync(String(WindowStandIn.all.at(-1)?.options.webPreferences.preload))).toBe(true);
  const page = await electron.sessions.get(PARTITION)?.ask('/', { initiator: null });
  expect(await page?.text()).toContain('<title>Understudy</title>');
  electron.app.quit();
  await expect.poll(() => electron.app.quitted, POLL).toBe(1);
  expect(electron.app.exits).toEqual([]);
});

it('loads nothing more as a second instance', () => {
  const electron = electronStandIn();
  electron.app.locked = false;
  run(electron);
  expect([electron.app.quitted, electron.sessions.size, electron.menus.length]).toEqual([1, 0, 0]);
});

it('reports why it cannot start, logs it, and does not keep running without a window', async () => {
  const electron = electronStandIn();
  electron.app.whenReady = () => Promise.reject(new Error('no display server'));
  run(electron);
  await expect.poll(() => electron.app.exits, POLL).toEqual([1]);
  expect(electron.errors).toEqual([expect.stringContaining('no display server')]);
  expect(readFileSync(join(home, 'desktop.log'), 'utf8')).toContain('no display server');
});

it('also reports it when it cannot write its settings', async () => {
  const file = join(home, 'a-file');
  writeFileSync(file, '');
  vi.stubEnv('UNDERSTUDY_HOME', file);
  const electron = electronStandIn();
  run(electron);
  await expect.poll(() => electron.app.exits, POLL).toEqual([1]);
  expect(electron.errors).toEqual([expect.stringContaining('a-file')]);
});

it('logs background errors, shows each once, and waits for no answer', async () => {
  const electron = electronStandIn();
  electron.app.locked = false;
  electron.answers.push(new Promise(() => undefined));
  run(electron);
  for (const event of EVENTS) {
    const [listener] = added(event);
    for (const reason of ['first', 'first', event]) listener?.(new Error(reason) as never);
  }
  const told = () => electron.boxes.map(({ detail }) => detail?.split('\n')[0]);
  await expect.poll(told, POLL).toEqual(['first', ...EVENTS]);
  const log = readFileSync(join(home, 'desktop.log'), 'utf8');
  expect(log.match(/Error: first/g)).toHaveLength(4);
  expect(log).toContain('Error: unhandledRejection');
  expect(electron.errors).toEqual([]);
});
