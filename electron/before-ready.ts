/** What Electron wants to be told before it is ready, and the files that the system hands over meanwhile. */
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { settingsFolder } from '../main/workbench/settings-folder.ts';
import type { ElectronHost } from './electron-host.ts';
import { PRIVILEGED } from './scheme.ts';

export interface OpenRequests {
  /** Hands over what has come so far, and then whatever comes. */
  listen(open: (path: string) => void): void;
}

/** Null when Understudy runs already: that one has been told to come to the front, and this one ends. */
export function beforeReady({ app, protocol }: Pick<ElectronHost, 'app' | 'protocol'>): OpenRequests | null {
  // Images are decoded on the thread pool; its size is read when it is first used.
  process.env.UV_THREADPOOL_SIZE ??= String(Math.max(4, availableParallelism()));
  // Whoever started us may end before us and read no more; what is said then is said to nobody.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const userData = join(settingsFolder(), 'desktop');
  mkdirSync(userData, { recursive: true });
  // Before the lock: it lies in this folder.
  app.setPath('userData', userData);
  app.enableSandbox();
  app.setAppUserModelId('org.understudy.workbench');
  protocol.registerSchemesAsPrivileged([PRIVILEGED]);
  if (!app.requestSingleInstanceLock()) {
    app.quit();
    return null;
  }
  return openRequests(app);
}

/** macOS sends a double-clicked file as an event, at times before the application is ready. */
function openRequests(app: ElectronHost['app']): OpenRequests {
  const early: string[] = [];
  let open = (path: string): void => {
    early.push(path);
  };
  app.on('open-file', (event, path) => {
    event.preventDefault();
    open(path);
  });
  return {
    listen: (listener) => {
      open = listener;
      for (const path of early.splice(0)) listener(path);
    },
  };
}
