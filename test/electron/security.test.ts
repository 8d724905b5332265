/** Electron's security checklist, line by line, checked against the assembled shell. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { beforeReady } from '../../electron/before-ready.ts';
import { CALLS } from '../../electron/call-names.ts';
import { ORIGIN, PARTITION } from '../../electron/scheme.ts';
import { ContentsStandIn, electronStandIn, FrameStandIn, preventable } from './electron-stand-in.ts';
import { desktop, type OpenedDesktop, quit, temporaryHome } from './open-desktop.ts';

let opened: OpenedDesktop;

beforeEach(async () => {
  opened = await desktop();
});

afterEach(async () => {
  await quit(opened);
});

it('shows the page in a sandboxed, isolated window without Node, in the one session that answers the scheme', () => {
  const { options, loaded } = opened.window();
  expect(options.webPreferences).toMatchObject({
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    experimentalFeatures: false,
    webviewTag: false,
    navigateOnDragDrop: false,
    spellcheck: false,
    devTools: false,
    partition: PARTITION,
  });
  expect(loaded).toEqual([`${ORIGIN}/`]);
  expect([...opened.electron.sessions.keys()]).toEqual([PARTITION]);
});

it('configures Electron before it is ready: every process sandboxed, the scheme privileged without ways around its policy', () => {
  const electron = electronStandIn();
  vi.stubEnv('UNDERSTUDY_HOME', temporaryHome());
  expect(beforeReady(electron.host)).not.toBeNull();
  expect(electron.app.calls).toContain('enableSandbox');
  // The lock is in the folder for user data, which has to be set first.
  expect(electron.app.calls.indexOf('setPath')).toBeLessThan(electron.app.calls.indexOf('requestSingleInstanceLock'));
  expect(electron.privileged).toEqual([
    {
      scheme: 'app',
      privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true, codeCache: true },
    },
  ]);
});

it('does not let a release be debugged from outside, while tests can debug a checkout', () => {
  vi.stubEnv('UNDERSTUDY_HOME', temporaryHome());
  const release = electronStandIn();
  beforeReady(release.host);
  expect(release.app.removedSwitches).toEqual(['remote-debugging-port', 'remote-debugging-pipe']);
  const checkout = electronStandIn();
  checkout.app.isPackaged = false;
  beforeReady(checkout.host);
  expect(checkout.app.removedSwitches).toEqual([]);
});

it('grants a page nothing but copying text', () => {
  const { session } = opened;
  const permissions = ['media', 'geolocation', 'notifications', 'midi', 'openExternal', 'fileSystem', 'hid', 'usb'];
  for (const permission of [...permissions, 'clipboard-read', 'display-capture', 'local-fonts', 'unknown']) {
    const answer = vi.fn();
    session.permissionRequest?.(null, permission, answer);
    expect(answer, permission).toHaveBeenCalledExactlyOnceWith(false);
    expect(session.permissionCheck?.(null, permission), permission).toBe(false);
  }
  expect(session.permissionCheck?.(null, 'clipboard-sanitized-write')).toBe(true);
  expect(session.device?.()).toBe(false);
  const streams = vi.fn();
  session.displayMedia?.({}, streams);
  expect(streams).toHaveBeenCalledExactlyOnceWith({});
});

it('lets no request out of the session, fetches no dictionaries, and downloads nothing', () => {
  const { session } = opened;
  const cancelled = (url: string) => {
    let outcome: boolean | undefined;
    session.beforeRequest?.({ url }, ({ cancel }) => {
      outcome = cancel;
    });
    return outcome;
  };
  const elsewhere = ['https://example.com/', 'http://127.0.0.1:4127/', 'ws://example.com/', 'file:///etc/passwd'];
  for (const url of [...elsewhere, 'ftp://example.com/', 'devtools://devtools/bundled/x.js', 'chrome://version/']) {
    expect(cancelled(url), url).toBe(true);
  }
  for (const url of [`${ORIGIN}/api/start`, `blob:${ORIGIN}/1`, 'data:image/png;base64,AA==']) {
    expect(cancelled(url), url).toBe(false);
  }
  expect(session.spellChecker).toBe(false);
  const download = preventable();
  session.emit('will-download', download);
  expect(download.prevented()).toBe(true);
});

it('never leaves the page: external links open in the browser, over https only', () => {
  const { electron } = opened;
  const contents = new ContentsStandIn();
  electron.app.emit('web-contents-created', {}, contents);
  const prevented = (name: string, url: string) => {
    const event = preventable(url);
    contents.emit(name, event);
    return event.prevented();
  };
  for (const name of ['will-frame-navigate', 'will-redirect']) {
    expect(prevented(name, `${ORIGIN}/jobs`)).toBe(false);
    const elsewhere = ['http://example.com/', 'file:///etc/passwd', 'app://other/', 'javascript:alert(1)', 'nonsense'];
    for (const url of [...elsewhere, `${ORIGIN}.example/`, 'data:text/html,x']) {
      expect(prevented(name, url), url).toBe(true);
    }
  }
  expect(electron.opened).toEqual([]);
  expect(prevented('will-frame-navigate', 'https://example.com/paper')).toBe(true);
  for (const url of ['https://example.com/thread', `${ORIGIN}/`, 'http://example.com/', 'smb://host/share']) {
    expect(contents.openHandler?.({ url })).toEqual({ action: 'deny' });
  }
  expect(electron.opened).toEqual(['https://example.com/paper', 'https://example.com/thread']);
  const webview = preventable();
  contents.emit('will-attach-webview', webview);
  expect(webview.prevented()).toBe(true);
});

it('answers only calls of the window’s own main frame', async () => {
  const { electron, window, home } = opened;
  electron.picked = ['/chosen'];
  const { webContents } = window();
  const own = { sender: webContents, senderFrame: webContents.mainFrame };
  expect(await electron.ipc.get(CALLS.pickFolder)?.(own)).toBe('/chosen');
  const inner = new FrameStandIn();
  const stranger = new ContentsStandIn();
  const foreign = [
    { sender: webContents, senderFrame: null },
    { sender: webContents, senderFrame: inner },
    { sender: stranger, senderFrame: stranger.mainFrame },
  ];
  for (const [name, call] of electron.ipc) {
    for (const event of foreign) await expect(call(event, home), name).rejects.toThrow('own page');
    webContents.mainFrame.url = 'https://evil.example/';
    await expect(call(own, home), name).rejects.toThrow('own page');
    webContents.mainFrame.url = `${ORIGIN}/`;
  }
  expect(electron.revealed).toEqual([]);
});

it('shows existing files only by absolute paths, and reports when a person chose none', async () => {
  const { electron, window, home } = opened;
  const { webContents } = window();
  const own = { sender: webContents, senderFrame: webContents.mainFrame };
  const reveal = electron.ipc.get(CALLS.revealFile);
  for (const path of ['relative', `${home}\0`, 7, null, {}])
    await expect(reveal?.(own, path)).rejects.toThrow('absolute path');
  await expect(reveal?.(own, join(home, 'gone'))).rejects.toThrow('moved or deleted');
  await reveal?.(own, home);
  expect(electron.revealed).toEqual([home]);
  expect(await electron.ipc.get(CALLS.pickFile)?.(own)).toBeNull();
});

it('gives the page four functions, and the preload needs nothing that a sandbox lacks', async () => {
  const required: string[] = [];
  const exposed: Record<string, Record<string, (argument?: unknown) => unknown>> = {};
  const invoked: unknown[][] = [];
  const electron = {
    contextBridge: {
      exposeInMainWorld: (name: string, api: (typeof exposed)[string]) => {
        exposed[name] = api;
      },
    },
    ipcRenderer: {
      invoke: async (name: string, ...rest: unknown[]) => {
        invoked.push([name, ...rest]);
        // With Electron's own terms.
        if (rest[0] === '/gone') throw new Error(`Error invoking remote method '${name}': Error: There is nothing.`);
      },
    },
    webUtils: { getPathForFile: (file: { readonly path: string }) => file.path },
  };
  runInNewContext(readFileSync('dist/preload.cjs', 'utf8'), {
    require: (name: string) => {
      required.push(name);
      return electron;
    },
  });
  expect(required).toEqual(['electron']);
  expect(Object.keys(exposed)).toEqual(['understudy']);
  const { understudy = {} } = exposed;
  expect(Object.keys(understudy).sort()).toEqual(['pathForFile', 'pickFile', 'pickFolder', 'revealFile']);
  expect(understudy.pathForFile?.({ path: '/images/one.jpg' })).toBe('/images/one.jpg');
  await understudy.pickFolder?.();
  await understudy.pickFile?.();
  await understudy.revealFile?.('/a');
  expect(invoked).toEqual([[CALLS.pickFolder], [CALLS.pickFile], [CALLS.revealFile, '/a']]);
  await expect(understudy.revealFile?.('/gone')).rejects.toMatchObject({ message: 'There is nothing.' });
  // Every call has a handler.
  expect([...opened.electron.ipc.keys()].sort()).toEqual(Object.values(CALLS).sort());
});
