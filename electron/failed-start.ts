/** When the application cannot start: shows the reason and exits, since without a window nobody could close it. */
import { join } from 'node:path';
import { messageOf } from '../main/failure.ts';
import { settingsFolder } from '../main/settings-folder.ts';
import { bugLog } from './bug-log.ts';
import type { ElectronHost } from './electron-host.ts';
import { words } from './words.ts';

export function failedStart({ app, dialog }: Pick<ElectronHost, 'app' | 'dialog'>): (error: unknown) => void {
  return (error) => {
    bugLog(join(settingsFolder(), 'desktop.log'))(error);
    // `npm start` repeats the last line before it serves the browser instead.
    process.stderr.write(`${messageOf(error)}\n`);
    if (app.isPackaged) dialog.showErrorBox(words.cannotStart, `${messageOf(error)}\n\n${words.bug}`);
    app.exit(1);
  };
}
