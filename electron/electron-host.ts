/** The part of Electron that the shell uses, implemented by the real module and by the stand-in of the tests. */
import type * as Main from 'electron';

export type ElectronHost = Pick<
  typeof Main,
  | 'app'
  | 'BrowserWindow'
  | 'dialog'
  | 'ipcMain'
  | 'Menu'
  | 'Notification'
  | 'powerSaveBlocker'
  | 'protocol'
  | 'screen'
  | 'session'
  | 'shell'
  | 'utilityProcess'
>;
