/** Answers the calls of the preload: only from our own page's main frame, and only with valid arguments. */
import { existsSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import type { BrowserWindow, IpcMainInvokeEvent, OpenDialogOptions } from 'electron';
import { MODEL_ENDINGS } from '../main/model-endings.ts';
import { CALLS } from './call-names.ts';
import type { ElectronHost } from './electron-host.ts';
import { isOurs } from './scheme.ts';
import { words } from './words.ts';

const FOLDER: OpenDialogOptions = { properties: ['openDirectory', 'createDirectory'] };
const MODEL_FILE: OpenDialogOptions = {
  properties: ['openFile'],
  filters: [
    { name: words.modelFiles, extensions: [...MODEL_ENDINGS] },
    { name: words.allFiles, extensions: ['*'] },
  ],
};

type Call = (window: BrowserWindow, argument: unknown) => Promise<string | null> | null;

export function answerCalls(
  { ipcMain, dialog, shell }: Pick<ElectronHost, 'ipcMain' | 'dialog' | 'shell'>,
  currentWindow: () => BrowserWindow | null,
): void {
  const pick = async (window: BrowserWindow, options: OpenDialogOptions) =>
    (await dialog.showOpenDialog(window, options)).filePaths[0] ?? null;
  const answers: Readonly<Record<string, Call>> = {
    [CALLS.pickFolder]: (window) => pick(window, FOLDER),
    [CALLS.pickFile]: (window) => pick(window, MODEL_FILE),
    [CALLS.revealFile]: (_window, path) => {
      if (typeof path !== 'string' || !isAbsolute(path) || path.includes('\0')) throw new Error(words.notAPath);
      if (!existsSync(path)) throw new Error(words.gone(path));
      // With the system's own separators: the page joins paths with slashes.
      shell.showItemInFolder(resolve(path));
      return null;
    },
  };
  for (const [name, answer] of Object.entries(answers)) {
    ipcMain.handle(name, async (event, argument: unknown) => {
      const window = currentWindow();
      if (!window || !isOwnPage(event, window)) throw new Error(words.foreignCaller);
      return await answer(window, argument);
    });
  }
}

function isOwnPage({ sender, senderFrame }: IpcMainInvokeEvent, window: BrowserWindow): boolean {
  if (senderFrame === null || sender !== window.webContents) return false;
  return senderFrame === sender.mainFrame && isOurs(senderFrame.url);
}
