/** Settings that Electron needs before it is ready. */
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { settingsFolder } from '../main/settings-folder.ts';
import { turnTelemetryOff } from '../main/telemetry-off.ts';
import type { ElectronHost } from './electron-host.ts';
import { type OpenRequests, openRequests } from './open-requests.ts';
import { PRIVILEGED } from './scheme.ts';

/**
 * These switches let others look into the page and act in it; Electron reads them when it is ready. Tests of a checkout use
 * them.
 */
const DEBUGGING_SWITCHES = ['remote-debugging-port', 'remote-debugging-pipe'];

/** Null when Understudy is already running: that instance has been told to come to the front, and this one exits. */
export function beforeReady({ app, protocol }: Pick<ElectronHost, 'app' | 'protocol'>): OpenRequests | null {
  turnTelemetryOff();
  // Images are decoded on the thread pool; its size is read when it is first used.
  process.env.UV_THREADPOOL_SIZE ??= String(Math.max(4, availableParallelism()));
  // The process that started us may end first; later output then has no reader.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const userData = join(settingsFolder(), 'desktop');
  mkdirSync(userData, { recursive: true });
  // Before the lock, which is in this folder.
  app.setPath('userData', userData);
  app.enableSandbox();
  if (app.isPackaged) for (const name of DEBUGGING_SWITCHES) app.commandLine.removeSwitch(name);
  app.setAppUserModelId('org.understudy.workbench');
  protocol.registerSchemesAsPrivileged([PRIVILEGED]);
  if (!app.requestSingleInstanceLock()) {
    app.quit();
    return null;
  }
  return openRequests(app);
}
