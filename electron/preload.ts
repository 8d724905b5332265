/**
 * What the page gets beyond a browser: four calls. Runs sandboxed, in a world of its own; the page sees copies of these
 * functions and nothing of Electron.
 */
import { contextBridge, ipcRenderer, webUtils } from 'electron';
import { CALLS } from './call-names.ts';

/** What Electron puts before the sentence with which a call was refused. */
const REFUSED = /^Error invoking remote method '[^']*': (Error: )?/;

async function revealFile(path: string): Promise<void> {
  try {
    await ipcRenderer.invoke(CALLS.revealFile, path);
  } catch (error) {
    throw new Error(String((error as Error).message).replace(REFUSED, ''));
  }
}

contextBridge.exposeInMainWorld('understudy', {
  /** Empty for a file that has no path, such as one made by a page. */
  pathForFile: (file: File): string => webUtils.getPathForFile(file),
  /** Null when the person chose none. */
  pickFolder: (): Promise<string | null> => ipcRenderer.invoke(CALLS.pickFolder),
  pickFile: (): Promise<string | null> => ipcRenderer.invoke(CALLS.pickFile),
  revealFile,
});
