/** Quitting without losing work: asks if a job is running, lets it stop at its checkpoint, and can be told not to wait. */
import { setTimeout as wait } from 'node:timers/promises';
import type { BrowserWindow, MessageBoxOptions, WindowSessionEndEvent } from 'electron';
import type { Job } from '../main/workbench/contract/jobs.ts';
import type { ElectronHost } from './electron-host.ts';
import { words } from './words.ts';

/** Windows considers a process hung that has not ended after five seconds. */
const SESSION_END_MS = 4000;
/** Windows ends the session regardless of the answer, or treats a refusal as a failure. */
const WAITS_FOR_NOBODY: WindowSessionEndEvent['reasons'] = ['critical', 'close-app'];

export interface QuitGuardOptions {
  readonly electron: Pick<ElectronHost, 'app' | 'dialog'>;
  readonly currentWindow: () => BrowserWindow | null;
  readonly runningJobs: () => readonly Job[];
  /** Lets work stop at its checkpoint and closes the projects. */
  readonly close: () => Promise<void>;
  /** Ends the process while something may still compute. */
  readonly endAtOnce: () => void;
  readonly logBug: (error: unknown) => void;
  readonly sessionEndMs?: number;
}

type QuitState = 'open' | 'asking' | 'closing' | 'closed';

export class QuitGuard {
  readonly #options: QuitGuardOptions;
  #state: QuitState = 'open';
  #sessionEnds = false;
  #closing: Promise<boolean> | undefined;

  constructor(options: QuitGuardOptions) {
    this.#options = options;
    options.electron.app.on('before-quit', (event) => {
      if (this.#state === 'closed') return;
      event.preventDefault();
      this.#quit().catch((error) => {
        if (!this.#sessionEnds) this.#state = 'open';
        options.logBug(error);
      });
    });
  }

  /** False while the window is still needed: it stays open until the work has stopped. */
  get windowMayClose(): boolean {
    return this.#state === 'closed';
  }

  /** Quitting has been requested and has not been cancelled. */
  get going(): boolean {
    return this.#state !== 'open';
  }

  /** The session may still continue. Work has already stopped; true if the system should wait for that. */
  sessionEnding(reasons: WindowSessionEndEvent['reasons']): boolean {
    if (this.#options.runningJobs().length === 0) return false;
    this.sessionEnded();
    return !reasons.some((reason) => WAITS_FOR_NOBODY.includes(reason));
  }

  /** Nobody is asked, and work that does not stop in time is left at its last checkpoint. */
  sessionEnded(): void {
    if (this.#sessionEnds || this.#state === 'closed') return;
    this.#sessionEnds = true;
    this.#state = 'closing';
    const tooLong = wait(this.#options.sessionEndMs ?? SESSION_END_MS, false);
    Promise.race([this.#close(), tooLong]).then((closed) => this.#end(closed), this.#options.logBug);
  }

  async #quit(): Promise<void> {
    if (this.#state !== 'open') return;
    this.#state = 'asking';
    const running = this.#options.runningJobs();
    const agreed = running.length === 0 || (await this.#asked(running));
    if (this.#sessionEnds) return;
    if (!agreed) {
      this.#state = 'open';
      return;
    }
    this.#state = 'closing';
    this.#end(await this.#closeOrGiveUp(running.length > 0));
  }

  #end(everythingClosed: boolean): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    if (everythingClosed) this.#options.electron.app.quit();
    else this.#options.endAtOnce();
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

  /** Runs once, however many callers. False if it failed, so that something may still compute. */
  #close(): Promise<boolean> {
    this.#closing ??= this.#options.close().then(
      () => true,
      (error) => {
        this.#options.logBug(error);
        return false;
      },
    );
    return this.#closing;
  }

  /** Resolves when everything is closed, or with false when the person no longer waits for it. */
  async #closeOrGiveUp(tellToWait: boolean): Promise<boolean> {
    const closed = new AbortController();
    const closing = this.#close().finally(() => closed.abort());
    if (!tellToWait) return await closing;
    const told = this.#toldNotToWait(closed.signal, closing).catch((error) => {
      this.#options.logBug(error);
      return closing;
    });
    return await Promise.race([closing, told]);
  }

  async #toldNotToWait(closed: AbortSignal, closing: Promise<boolean>): Promise<boolean> {
    const answer = await this.#box({
      type: 'info',
      message: words.stopping,
      detail: words.stoppingDetail,
      buttons: [words.keepWaiting, words.quitAtOnce],
      defaultId: 0,
      cancelId: 0,
      signal: closed,
    });
    // Nothing is asked twice: a person who keeps waiting waits for the end.
    return answer === 1 && !closed.aborted ? false : await closing;
  }

  async #box(options: MessageBoxOptions): Promise<number> {
    const { dialog } = this.#options.electron;
    const window = this.#options.currentWindow();
    return (await (window ? dialog.showMessageBox(window, options) : dialog.showMessageBox(options))).response;
  }
}
