/** The window and the ways to it: its position, the menu, arguments, a second start, files passed on by the system. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { MenuItemConstructorOptions } from 'electron';
import { expect, it, vi } from 'vitest';
import { beforeReady } from '../../electron/before-ready.ts';
import { menuTemplate } from '../../electron/menu.ts';
import { programArguments, projectArgument } from '../../electron/project-argument.ts';
import { recentDocument } from '../../electron/recent-document.ts';
import { ORIGIN } from '../../electron/scheme.ts';
import { keepPlace, restoredPlace } from '../../electron/window-state.ts';
import { electronStandIn, preventable, WindowStandIn } from './electron-stand-in.ts';
import { desktop, quit, temporaryHome } from './open-desktop.ts';

const POLL = { timeout: 120_000 };
const SCREEN = { x: 0, y: 0, width: 1920, height: 1080 };

it('restores its position, or is centred when that position is no longer on a screen', () => {
  const file = join(temporaryHome(), 'window.json');
  expect(restoredPlace(file, [SCREEN])).toEqual({ bounds: { width: 1360, height: 860 }, maximized: false });
  const bounds = { x: 2000, y: 30, width: 900, height: 700 };
  keepPlace(file, { getNormalBounds: () => bounds, isMaximized: () => true });
  expect(restoredPlace(file, [SCREEN, { ...SCREEN, x: 1920 }])).toEqual({ bounds, maximized: true });
  expect(restoredPlace(file, [SCREEN])).toEqual({ bounds: { width: 900, height: 700 }, maximized: true });
  for (const damaged of ['', '{', '{"x":1}', JSON.stringify({ ...bounds, width: 3, maximized: false })]) {
    writeFileSync(file, damaged);
    expect(restoredPlace(file, [SCREEN]).bounds).toEqual({ width: 1360, height: 860 });
  }
});

it('has its previous size as soon as it is visible, and is never visible while empty', async () => {
  const home = temporaryHome();
  writeFileSync(join(home, 'window.json'), JSON.stringify({ x: 1, y: 2, width: 900, height: 700, maximized: true }));
  const opened = await desktop({ home });
  const { options, maximized, shown, shownEmpty } = opened.window();
  expect(options).toMatchObject({ x: 1, y: 2, width: 900, height: 700, show: false });
  expect({ maximized, shown, shownEmpty }).toEqual({ maximized: true, shown: true, shownEmpty: false });
  await quit(opened);
});

it('opens no window before Electron is ready, though the system asks for one', async () => {
  let ready: () => void = () => undefined;
  const opening = desktop({
    before: ({ app }) => {
      app.whenReady = () => new Promise((resolve) => (ready = () => resolve(undefined)));
      setTimeout(() => {
        app.emit('activate');
        expect(WindowStandIn.all).toEqual([]);
        ready();
      }, 20);
    },
  });
  const opened = await opening;
  expect(WindowStandIn.all).toHaveLength(1);
  opened.electron.app.emit('activate');
  expect(opened.window().focused).toBe(true);
  await quit(opened);
});

it('keeps its place when it is closed, and asks to quit first', async () => {
  const opened = await desktop();
  const window = opened.window();
  window.close();
  await expect.poll(() => opened.electron.app.quitted, POLL).toBe(1);
  expect(window.destroyed).toBe(true);
  expect(JSON.parse(readFileSync(join(opened.home, 'window.json'), 'utf8'))).toMatchObject({ x: 11, y: 22 });
});

it('reads the project from the command line', () => {
  const home = temporaryHome();
  const project = join(home, 'project');
  expect(projectArgument(['project'], home)).toBe(project);
  expect(projectArgument([], home)).toBeNull();
  const spaced = join(home, 'spaced project');
  expect(projectArgument([pathToFileURL(spaced).href], '/'), 'from a file manager').toBe(spaced);
  expect(projectArgument(['file://elsewhere/project'], home)).toBe(join(home, 'file:/elsewhere/project'));
  expect(programArguments(['understudy', '--no-sandbox', '/p'], true)).toEqual(['/p']);
  expect(programArguments(['electron', '--inspect', '.', '/p'], false)).toEqual(['/p']);
});

it('opens the project it is started with, and remembers it where the system lists recent ones', async () => {
  const home = temporaryHome();
  const first = await desktop({ home });
  const { folder, id } = await first.workbench.projects.create(join(home, 'birds'), 'Birds & co');
  await quit(first);
  const second = await desktop({ home, arguments: ['birds'] });
  expect(second.window().loaded).toEqual([`${ORIGIN}/projects/${id}/collection`]);
  expect(second.electron.app.recent).toEqual([folder]);
  await expect.poll(() => JSON.stringify(second.electron.menus.at(-1)), POLL).toContain('Birds && co');
  await quit(second);
});

it('is listed in Windows’ recent documents by the file that opens it, and on other systems by its folder', async () => {
  const opened = await desktop();
  const { folder, id } = await opened.workbench.projects.create(join(opened.home, 'birds'), undefined);
  const file = join(folder, 'birds.understudy');
  expect(recentDocument(folder, 'win32')).toBe(file);
  expect(recentDocument(folder, 'darwin')).toBe(folder);
  // As the list of recent documents starts a second instance.
  opened.electron.app.emit('second-instance', {}, ['understudy', file], '/');
  await expect.poll(() => opened.window().loaded.at(-1), POLL).toBe(`${ORIGIN}/projects/${id}/collection`);
  rmSync(file);
  expect(recentDocument(folder, 'win32'), 'of an older project').toBe(folder);
  await quit(opened);
});

it('says in a sentence why a project cannot be opened, and shows the start page, which can be used meanwhile', async () => {
  const opened = await desktop({
    arguments: ['nowhere'],
    before: ({ answers }) => answers.push(new Promise(() => undefined)),
  });
  expect(opened.electron.boxes).toMatchObject([
    { message: 'The project cannot be opened', detail: expect.stringContaining('There is no project in') },
  ]);
  expect(opened.electron.errors).toEqual([]);
  expect(opened.window().loaded).toEqual([`${ORIGIN}/`]);
  expect(existsSync(join(opened.home, 'desktop.log'))).toBe(false);
  await quit(opened);
});

it('comes to the front at a second start, with the project that was named, and opens double-clicked files', async () => {
  const opened = await desktop();
  const { electron, workbench, home } = opened;
  const { id } = await workbench.projects.create(join(home, 'birds'), undefined);
  electron.app.emit('second-instance', {}, ['understudy'], home);
  expect(opened.window().focused).toBe(true);
  electron.app.emit('second-instance', {}, ['understudy', 'birds'], home);
  const project = `${ORIGIN}/projects/${id}/collection`;
  await expect.poll(() => opened.window().loaded, POLL).toEqual([`${ORIGIN}/`, project]);
  opened.openFile(join(home, 'birds', 'birds.understudy'));
  await expect.poll(() => opened.window().loaded, POLL).toEqual([`${ORIGIN}/`, project, project]);
  await quit(opened);
});

it('exits at once as a second instance', () => {
  vi.stubEnv('UNDERSTUDY_HOME', temporaryHome());
  const second = electronStandIn();
  second.app.locked = false;
  expect(beforeReady(second.host)).toBeNull();
  expect(second.app.quitted).toBe(1);
});

it('passes on files that were double-clicked or given to a second start before anything could open them', () => {
  vi.stubEnv('UNDERSTUDY_HOME', temporaryHome());
  const first = electronStandIn();
  const requests = beforeReady(first.host);
  const early = preventable();
  first.app.emit('open-file', early, '/early');
  first.app.emit('second-instance', {}, ['understudy', '--switch', 'second'], '/folder');
  first.app.emit('second-instance', {}, ['understudy'], '/folder');
  const opened: (string | null)[] = [];
  requests?.listen((path) => opened.push(path));
  first.app.emit('open-file', preventable(), '/late');
  expect([early.prevented(), ...opened]).toEqual([true, '/early', '/folder/second', null, '/late']);
});

it('opens what a second start asked for while Electron was not ready, and no window before', async () => {
  const home = temporaryHome();
  const first = await desktop({ home });
  const { id } = await first.workbench.projects.create(join(home, 'birds'), undefined);
  await quit(first);
  const opened = await desktop({
    home,
    before: ({ app }) => {
      app.whenReady = async () => {
        app.emit('second-instance', {}, ['understudy', 'birds'], home);
        expect(WindowStandIn.all).toEqual([]);
        return undefined;
      };
    },
  });
  const collection = `${ORIGIN}/projects/${id}/collection`;
  await expect.poll(() => opened.window().loaded, POLL).toEqual([`${ORIGIN}/`, collection]);
  await quit(opened);
});

it('keeps running when the process that started it no longer reads', () => {
  vi.stubEnv('UNDERSTUDY_HOME', temporaryHome());
  beforeReady(electronStandIn().host);
  for (const stream of [process.stdout, process.stderr]) stream.emit('error', new Error('write EPIPE'));
});

const actions = () => ({
  show: vi.fn(),
  openProject: vi.fn(),
  openRecent: vi.fn(),
  showProjectsFolder: vi.fn(),
  showLicences: vi.fn(),
});

function items(menu: readonly MenuItemConstructorOptions[]): MenuItemConstructorOptions[] {
  return menu.flatMap((item) => [item, ...(Array.isArray(item.submenu) ? items(item.submenu) : [])]);
}

it.each(['linux', 'win32', 'darwin'] as const)('has a menu with accelerators, each once, on %s', (platform) => {
  const act = actions();
  const recents = [{ name: 'Birds & co', folder: '/birds' }];
  const menu = menuTemplate({ platform, packaged: true, recents }, act);
  const all = items(menu);
  const accelerators = all.flatMap(({ accelerator }) => (accelerator === undefined ? [] : [accelerator]));
  expect(accelerators.length).toBeGreaterThanOrEqual(4);
  expect(new Set(accelerators).size).toBe(accelerators.length);
  for (const accelerator of accelerators) expect(accelerator).toMatch(/^CmdOrCtrl\+/);
  const roles = all.map(({ role }) => role);
  expect(roles.includes('appMenu')).toBe(platform === 'darwin');
  expect(roles.includes('quit')).toBe(platform !== 'darwin');
  expect(roles).not.toContain('toggleDevTools');
  expect(roles).not.toContain('reload');
  for (const { click } of all) click?.(undefined as never, undefined, undefined as never);
  expect(act.show.mock.calls.flat().sort()).toEqual(['/', '/devices', '/jobs']);
  expect(act.openRecent).toHaveBeenCalledExactlyOnceWith('/birds');
  for (const done of [act.openProject, act.showProjectsFolder, act.showLicences]) expect(done).toHaveBeenCalledOnce();
});

it('offers developer tools only in a checkout', () => {
  const menu = menuTemplate({ platform: 'linux', packaged: false, recents: [] }, actions());
  expect(items(menu).map(({ role }) => role)).toContain('toggleDevTools');
  expect(items(menu).find(({ enabled }) => enabled === false)?.label).toBe('No projects yet');
});
