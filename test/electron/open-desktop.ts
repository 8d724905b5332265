/** The desktop application over a real workbench, with Electron's stand-in. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { openDesktop } from '../../electron/desktop.ts';
import { openRequests } from '../../electron/open-requests.ts';
import { PARTITION } from '../../electron/scheme.ts';
import type { Workbench } from '../../main/workbench/services.ts';
import { type ElectronStandIn, electronStandIn, preventable, WindowStandIn } from './electron-stand-in.ts';

export interface OpenedDesktop {
  readonly electron: ElectronStandIn;
  readonly workbench: Workbench;
  readonly home: string;
  readonly session: NonNullable<ReturnType<ElectronStandIn['sessions']['get']>>;
  window(): WindowStandIn;
  /** As the system passes on a double-clicked file. */
  openFile(path: string): void;
}

export interface OpenOptions {
  readonly home?: string;
  readonly arguments?: readonly string[];
  readonly before?: (electron: ElectronStandIn) => void;
}

export function temporaryHome(): string {
  return mkdtempSync(join(tmpdir(), 'understudy-desktop-'));
}

export async function desktop(options: OpenOptions = {}): Promise<OpenedDesktop> {
  const { home = temporaryHome() } = options;
  vi.stubEnv('UNDERSTUDY_HOME', home);
  const pageFolder = join(home, 'page');
  mkdirSync(pageFolder, { recursive: true });
  writeFileSync(join(pageFolder, 'index.html'), '<!doctype html><title>Page</title>');
  const electron = electronStandIn();
  const requests = openRequests(electron.host.app);
  options.before?.(electron);
  const workbench = await openDesktop(electron.host, requests, {
    pageFolder,
    preload: join(home, 'preload.cjs'),
    licences: join(home, 'LICENSE'),
    commandLine: ['understudy', ...(options.arguments ?? [])],
    workingFolder: home,
  });
  const session = electron.sessions.get(PARTITION);
  if (!session) throw new Error('the session of the page was not asked for');
  return {
    electron,
    workbench,
    home,
    session,
    window: () => {
      const window = WindowStandIn.all.at(-1);
      if (!window) throw new Error('there is no window');
      return window;
    },
    openFile: (path) => void electron.app.emit('open-file', preventable(), path),
  };
}

/** Quits as a person does, and waits for the end. */
export async function quit({ electron }: OpenedDesktop): Promise<void> {
  electron.app.quit();
  await expect.poll(() => electron.app.quitted, { timeout: 120_000 }).toBe(1);
}
