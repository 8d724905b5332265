/** Errors that nobody waited for: kept in the log, and told in a box that nothing waits for. Without a listener, Electron's would. */
import { join } from 'node:path';
import { messageOf } from '../main/failure.ts';
import { settingsFolder } from '../main/settings-folder.ts';
import { bugLog } from './bug-log.ts';
import type { ElectronHost } from './electron-host.ts';
import { words } from './words.ts';

export function tellBackgroundErrors({ app, dialog }: Pick<ElectronHost, 'app' | 'dialog'>): void {
  const logBug = (error: unknown) => bugLog(join(settingsFolder(), 'desktop.log'))(error);
  /** What fails again and again is told once. */
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
