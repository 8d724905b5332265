/** When the application cannot start: says why, and ends it, since without a window nobody else could. */
import { join } from 'node:path';
import { messageOf } from '../main/failure.ts';
import { settingsFolder } from '../main/settings-folder.ts';
import { bugLog } from './bug-log.ts';
import type { ElectronHost } from './electron-host.ts';
import { words } from './words.ts';

export function failedStart({ app, dialog }: Pick<ElectronHost, 'app' | 'dialog'>): (error: unknown) => void {
  return (error) => {
    bugLog(join(settingsFolder(), 'desktop.log'))(error);
    // The last line is what `npm start` repeats before it serves the browser instead.
    process.stderr.write(`${messageOf(error)}\n`);
    if (app.isPackaged) dialog.showErrorBox(words.cannotStart, `${messageOf(error)}\n\n${words.bug}`);
    app.exit(1);
  };
}
