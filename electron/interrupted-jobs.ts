/** After a crash: says which work it interrupted, and offers to go on with it. */
import type { BrowserWindow } from 'electron';
import type { Job } from '../main/workbench/contract/jobs.ts';
import type { JobsDesk } from '../main/workbench/services.ts';
import type { ElectronHost } from './electron-host.ts';
import { words } from './words.ts';

/** Records of several projects are read one after the other: they are offered in one question. */
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

  /** To be told of every change of a job: one that is found interrupted is told as changed. */
  see(job: Job): void {
    if (this.#ended || job.state !== 'interrupted' || !job.can.includes('resume')) return;
    this.#found.push(job);
    this.#wait();
  }

  /** What is interrupted from now on is interrupted by ending, and told by nobody. */
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
    // Projects may be open before there is anybody to be asked.
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
    // Meanwhile somebody may have resumed or forgotten one in the page.
    const stillCan = new Set(jobs.list().flatMap(({ id, can }) => (can.includes('resume') ? [id] : [])));
    for (const { id } of found) if (stillCan.has(id)) await jobs.act(id, 'resume').catch(this.#options.logBug);
  }
}
