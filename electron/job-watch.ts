/** Shows long work in the system: the computer stays awake, the taskbar shows progress, notifications report the end. */
import type { BrowserWindow, Notification } from 'electron';
import type { Job } from '../main/workbench/contract/jobs.ts';
import type { ElectronHost } from './electron-host.ts';
import { words } from './words.ts';

/** Shorter work ends while the person is still watching. */
const LONG_MS = 10_000;
/** Above 1, Electron's taskbar shows indeterminate progress. */
const UNKNOWN_PROGRESS = 2;
const NO_PROGRESS = -1;

export class JobWatch {
  readonly #electron: Pick<ElectronHost, 'Notification' | 'powerSaveBlocker'>;
  readonly #currentWindow: () => BrowserWindow | null;
  readonly #show: (job: Job) => void;
  readonly #running = new Map<string, Job>();
  /** References are kept while notifications can be clicked: Electron drops the handlers of unreferenced ones. */
  readonly #told = new Set<Notification>();
  #blocker: number | null = null;

  /** `show` is called when a person clicks a notification. */
  constructor(
    electron: Pick<ElectronHost, 'Notification' | 'powerSaveBlocker'>,
    currentWindow: () => BrowserWindow | null,
    show: (job: Job) => void,
  ) {
    this.#electron = electron;
    this.#currentWindow = currentWindow;
    this.#show = show;
  }

  get running(): readonly Job[] {
    return [...this.#running.values()];
  }

  see(job: Job): void {
    const ran = this.#running.has(job.id);
    if (job.state === 'running') this.#running.set(job.id, job);
    else this.#running.delete(job.id);
    this.#stayAwake();
    this.#currentWindow()?.setProgressBar(this.#progress());
    if (ran && (job.state === 'succeeded' || job.state === 'failed')) this.#tellEnd(job);
  }

  #stayAwake(): void {
    const { powerSaveBlocker } = this.#electron;
    if (this.#running.size > 0) {
      this.#blocker ??= powerSaveBlocker.start('prevent-app-suspension');
    } else if (this.#blocker !== null) {
      powerSaveBlocker.stop(this.#blocker);
      this.#blocker = null;
    }
  }

  /** The job that has been running longest. */
  #progress(): number {
    const [job] = this.#running.values();
    if (!job) return NO_PROGRESS;
    const { done = 0, total = null, whole = null } = job.progress ?? {};
    if (whole) return whole.share;
    return total === null || total === 0 ? UNKNOWN_PROGRESS : Math.min(1, done / total);
  }

  #tellEnd(job: Job): void {
    const window = this.#currentWindow();
    const tookMs = Date.now() - Date.parse(job.startedAt ?? job.createdAt);
    if (tookMs < LONG_MS || window?.isFocused()) return;
    if (window) {
      // Otherwise it would never end.
      window.once('focus', () => window.flashFrame(false));
      window.flashFrame(true);
    }
    const { Notification } = this.#electron;
    if (!Notification.isSupported()) return;
    const title = job.state === 'succeeded' ? words.jobSucceeded : words.jobFailed;
    const notification = new Notification({ title: `${title}: ${job.title}`, body: job.reason ?? '' });
    const over = () => void this.#told.delete(notification);
    notification.on('click', () => {
      over();
      this.#show(job);
    });
    notification.on('close', over);
    notification.on('failed', over);
    this.#told.add(notification);
    notification.show();
  }
}
