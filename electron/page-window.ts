/** The one window: its permissions, its position, and what happens when its page ends. */
import type { BrowserWindow, BrowserWindowConstructorOptions, WindowSessionEndEvent } from 'electron';
import type { ElectronHost } from './electron-host.ts';
import { ORIGIN, PARTITION } from './scheme.ts';
import { keepPlace, restoredPlace, smallestSize } from './window-state.ts';
import { words } from './words.ts';

export interface PageWindowOptions {
  readonly electron: Pick<ElectronHost, 'app' | 'BrowserWindow' | 'dialog' | 'screen'>;
  readonly preload: string;
  readonly stateFile: string;
  /** False: closing the window asks whether to quit first. */
  readonly mayClose: () => boolean;
  /** The page is no longer there. */
  readonly pageGone: () => void;
  /**
   * Windows is about to end the session; only the window is informed. True: Windows is asked to wait until this process has
   * ended.
   */
  readonly sessionEnding: (reasons: WindowSessionEndEvent['reasons']) => boolean;
  readonly sessionEnded: () => void;
}

export class PageWindow {
  readonly #options: PageWindowOptions;
  #window: BrowserWindow | null = null;

  constructor(options: PageWindowOptions) {
    this.#options = options;
  }

  get current(): BrowserWindow | null {
    return this.#window;
  }

  /** Opens the window if there is none, and brings it to the front. Without a path, the page stays where it is. */
  show(path?: string): void {
    const window = this.#window ?? this.#open();
    if (path !== undefined || window.webContents.getURL() === '') {
      // A page that cannot be loaded shows so itself.
      window.loadURL(`${ORIGIN}${path ?? '/'}`).catch(() => undefined);
    }
    if (window.isMinimized()) window.restore();
    if (window.isVisible()) window.focus();
  }

  /** Used when quitting without closing windows. */
  keepPlace(): void {
    if (this.#window) keepPlace(this.#options.stateFile, this.#window);
  }

  #open(): BrowserWindow {
    const { electron, preload, stateFile, mayClose, pageGone, sessionEnding, sessionEnded } = this.#options;
    const workAreas = electron.screen.getAllDisplays().map(({ workArea }) => workArea);
    const { bounds, maximized } = restoredPlace(stateFile, workAreas);
    const window = new electron.BrowserWindow({ ...bounds, ...pageWindowOptions(preload, electron.app.isPackaged) });
    window.once('ready-to-show', () => {
      // Not earlier: it would show the window while it is still empty.
      if (maximized) window.maximize();
      window.show();
      // For the process that started us, which waits to know whether a window could be opened.
      process.stdout.write(`${words.open}\n`);
    });
    window.on('close', (event) => {
      this.keepPlace();
      if (mayClose()) return;
      event.preventDefault();
      electron.app.quit();
    });
    window.on('query-session-end', (event) => {
      if (sessionEnding(event.reasons)) event.preventDefault();
    });
    window.on('session-end', () => {
      this.keepPlace();
      sessionEnded();
    });
    window.on('closed', () => {
      this.#window = null;
      pageGone();
    });
    window.webContents.on('render-process-gone', (_event, { reason }) => {
      pageGone();
      if (reason !== 'clean-exit') void this.#offerToLoadAgain(window, reason);
    });
    this.#window = window;
    return window;
  }

  async #offerToLoadAgain(window: BrowserWindow, reason: string): Promise<void> {
    await this.#options.electron.dialog.showMessageBox(window, {
      type: 'error',
      message: words.pageGone,
      detail: words.pageGoneDetail(reason),
      buttons: [words.loadAgain],
    });
    if (!window.isDestroyed()) window.webContents.reload();
  }
}

/** The options of Electron's checklist are set explicitly even where they are the default. */
function pageWindowOptions(preload: string, packaged: boolean): BrowserWindowConstructorOptions {
  return {
    ...smallestSize,
    show: false,
    webPreferences: {
      preload,
      partition: PARTITION,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
      devTools: !packaged,
    },
  };
}
