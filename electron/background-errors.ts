/** Errors that nothing awaited: logged, and shown in a non-blocking dialog. Without a listener, Electron would show its own. */
import { join } from 'node:path';
import { messageOf } from '../main/failure.ts';
import { settingsFolder } from '../main/settings-folder.ts';
import { bugLog } from './bug-log.ts';
import type { ElectronHost } from './electron-host.ts';
import { words } from './words.ts';

export function tellBackgroundErrors({ app, dialog }: Pick<ElectronHost, 'app' | 'dialog'>): void {
  const logBug = (error: unknown) => bugLog(join(settingsFolder(), 'desktop.log'))(error);
  /** A repeated error is shown once. */
  const told = new Set<string>();
  const tell = async (error: unknown) => {
    const reason = messageOf(error);
    if (told.has(reason)) return;
    told.add(reason);
    await app.whenReady();
    await dialog.showMessageBox({
      type: 'error',
      message: words.backgroundError,
      detail: `${reason}\n\n${words.bug}`,
      buttons: [words.close],
    });
  };
  const see = (error: unknown) => {
    logBug(error);
    tell(error).catch(logBug);
  };
  process.on('uncaughtException', see);
  process.on('unhandledRejection', see);
}
