/** After a crash: reports which work it interrupted, and offers to resume it. */
import type { BrowserWindow } from 'electron';
import type { Job } from '../main/workbench/contract/jobs.ts';
import type { JobsDesk } from '../main/workbench/services.ts';
import type { ElectronHost } from './electron-host.ts';
import { words } from './words.ts';

/** Records of several projects are read one after the other: they are collected into one question. */
const GATHER_MS = 1500;

export interface InterruptedJobsOptions {
  readonly electron: Pick<ElectronHost, 'dialog'>;
  readonly currentWindow: () => BrowserWindow | null;
  readonly jobs: Pick<JobsDesk, 'act' | 'list'>;
  readonly showJobs: () => void;
  readonly logBug: (error: unknown) => void;
  readonly gatherMs?: number;
}

export class InterruptedJobs {
  readonly #options: InterruptedJobsOptions;
  #found: Job[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ended = false;

  constructor(options: InterruptedJobsOptions) {
    this.#options = options;
  }

  /** Listens to every change of a job: a job found interrupted is reported as changed. */
  see(job: Job): void {
    if (this.#ended || job.state !== 'interrupted' || !job.can.includes('resume')) return;
    this.#found.push(job);
    this.#wait();
  }

  /** Jobs interrupted from now on were interrupted by quitting, and are not reported. */
  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  #wait(): void {
    this.#timer ??= setTimeout(() => this.#offer().catch(this.#options.logBug), this.#options.gatherMs ?? GATHER_MS);
  }

  async #offer(): Promise<void> {
    this.#timer = undefined;
    const { electron, currentWindow, jobs, showJobs } = this.#options;
    const window = currentWindow();
    if (this.#ended) return;
    // Projects may be open before the window that could ask.
    if (!window) return this.#wait();
    const found = this.#found;
    this.#found = [];
    const { response } = await electron.dialog.showMessageBox(window, {
      type: 'info',
      message: words.interrupted(found.map(({ title }) => title)),
      detail: words.interruptedDetail(found.map(({ reason }) => reason ?? '')),
      buttons: [words.resume, words.showJobs, words.later],
      defaultId: 0,
      cancelId: 2,
    });
    if (response === 1) showJobs();
    if (response !== 0) return;
    // A job may meanwhile have been resumed or cleared on the page.
    const stillCan = new Set(jobs.list().flatMap(({ id, can }) => (can.includes('resume') ? [id] : [])));
    for (const { id } of found) if (stillCan.has(id)) await jobs.act(id, 'resume').catch(this.#options.logBug);
  }
}
