/** Ending without losing work: asks where a job runs, lets it stop at its checkpoint, and can be told not to wait. */
import type { BrowserWindow, MessageBoxOptions } from 'electron';
import type { Job } from '../main/workbench/contract/jobs.ts';
import type { ElectronHost } from './electron-host.ts';
import { words } from './words.ts';

export interface QuitGuardOptions {
  readonly electron: Pick<ElectronHost, 'app' | 'dialog'>;
  readonly currentWindow: () => BrowserWindow | null;
  readonly runningJobs: () => readonly Job[];
  /** Lets work stop at its checkpoint and closes the projects. */
  readonly close: () => Promise<void>;
  readonly logBug: (error: unknown) => void;
}

type QuitState = 'open' | 'asking' | 'closing' | 'closed';

export class QuitGuard {
  readonly #options: QuitGuardOptions;
  #state: QuitState = 'open';

  constructor(options: QuitGuardOptions) {
    this.#options = options;
    options.electron.app.on('before-quit', (event) => {
      if (this.#state === 'closed') return;
      event.preventDefault();
      this.#quit().catch((error) => {
        this.#state = 'open';
        options.logBug(error);
      });
    });
  }

  /** False while the window is still needed: it stays open until the work has stopped. */
  get windowMayClose(): boolean {
    return this.#state === 'closed';
  }

  /** Quitting was asked for, and it is not decided that it will not happen. */
  get going(): boolean {
    return this.#state !== 'open';
  }

  async #quit(): Promise<void> {
    if (this.#state !== 'open') return;
    this.#state = 'asking';
    const running = this.#options.runningJobs();
    if (running.length > 0 && !(await this.#asked(running))) {
      this.#state = 'open';
      return;
    }
    this.#state = 'closing';
    await this.#closeOrGiveUp(running.length > 0);
    this.#state = 'closed';
    this.#options.electron.app.quit();
  }

  async #asked(running: readonly Job[]): Promise<boolean> {
    const answer = await this.#box({
      type: 'question',
      message: words.running(running.map(({ title }) => title)),
      detail: words.stopsAtCheckpoint,
      buttons: [words.stopAndQuit, words.keepWorking],
      defaultId: 0,
      cancelId: 1,
    });
    return answer === 0;
  }

  /** Resolves when everything is closed, or when the person no longer waits for it. */
  async #closeOrGiveUp(tellToWait: boolean): Promise<void> {
    const { close, logBug } = this.#options;
    const closed = new AbortController();
    const closing = close()
      .catch(logBug)
      .finally(() => closed.abort());
    if (tellToWait) await Promise.race([closing, this.#toldNotToWait(closed.signal)]);
    else await closing;
  }

  async #toldNotToWait(closed: AbortSignal): Promise<void> {
    const answer = await this.#box({
      type: 'info',
      message: words.stopping,
      detail: words.stoppingDetail,
      buttons: [words.keepWaiting, words.quitAtOnce],
      defaultId: 0,
      cancelId: 0,
      signal: closed,
    });
    if (answer === 1 || closed.aborted) return;
    // Nothing is asked twice: who keeps waiting waits for the end.
    await new Promise<void>((resolve) => closed.addEventListener('abort', () => resolve(), { once: true }));
  }

  async #box(options: MessageBoxOptions): Promise<number> {
    const { dialog } = this.#options.electron;
    const window = this.#options.currentWindow();
    return (await (window ? dialog.showMessageBox(window, options) : dialog.showMessageBox(options))).response;
  }
}
