/**
 * What the page gets beyond a browser: four calls. Runs sandboxed, in an isolated world; the page sees copies of these
 * functions and nothing of Electron.
 */
import { contextBridge, ipcRenderer, webUtils } from 'electron';
import { CALLS } from './call-names.ts';

/** The prefix that Electron adds to the message of a refused call. */
const REFUSED = /^Error invoking remote method '[^']*': (Error: )?/;

async function revealFile(path: string): Promise<void> {
  try {
    await ipcRenderer.invoke(CALLS.revealFile, path);
  } catch (error) {
    throw new Error(String((error as Error).message).replace(REFUSED, ''));
  }
}

contextBridge.exposeInMainWorld('understudy', {
  /** Empty for a file without a path, such as one made by a page. */
  pathForFile: (file: File): string => webUtils.getPathForFile(file),
  /** Null if the person chose none. */
  pickFolder: (): Promise<string | null> => ipcRenderer.invoke(CALLS.pickFolder),
  pickFile: (): Promise<string | null> => ipcRenderer.invoke(CALLS.pickFile),
  revealFile,
});
