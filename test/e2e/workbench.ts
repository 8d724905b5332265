/** A real workbench for the tests: its own process, its own settings folder, and the sample, opened once for all of them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type BrowserContext, test as base, expect, type Page } from '@playwright/test';
import type { Job } from '../../main/api/contract.ts';
import { chromiumPath } from '../../playwright.config.ts';
import { layDrawnSample } from './drawn-sample.ts';

export interface Workbench {
  readonly origin: string;
  /** The folder for its projects. */
  readonly projects: string;
  /** The session of a browser that opened the link. */
  readonly session: Awaited<ReturnType<BrowserContext['storageState']>>;
}

interface WorkerFixtures {
  readonly workbench: Workbench;
  /** The id of the sample's project, with its images drawn and its runs unpacked. */
  readonly sample: string;
}

/** For the storages that tests start, which want some key. */
const STORAGE_KEY = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };

/** The pages of these tests have a session already, and addresses are relative to the workbench. */
export const test = base.extend<object, WorkerFixtures>({
  workbench: [
    async ({ browser }, use, { project, parallelIndex }) => {
      // Emptied before every run, kept when a failed test ends its worker: the sample is drawn once.
      const home = join(project.outputDir, `home-${parallelIndex}`);
      mkdirSync(home, { recursive: true });
      const child = spawn(process.execPath, ['scripts/web.cjs', '--port', '0'], {
        // No software GPU: examining it would take as long as the trainings.
        env: { ...process.env, ...STORAGE_KEY, UNDERSTUDY_HOME: home, VK_DRIVER_FILES: 'none' },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const link = await firstLink(child);
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(link);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      const session = await context.storageState();
      await context.close();
      await use({ origin: new URL(link).origin, projects: join(home, 'projects'), session });
      await ended(child);
    },
    { scope: 'worker', timeout: 120_000 },
  ],
  sample: [
    async ({ browser, workbench }, use) => {
      await layDrawnSample(workbench.projects);
      const page = await browser.newPage({ baseURL: workbench.origin, storageState: workbench.session });
      await page.goto('/');
      await page.getByRole('button', { name: 'Try the sample' }).click();
      await page.waitForURL(/\/projects\/[0-9a-f]+\/collection$/, { timeout: 240_000 });
      const id = projectOf(page);
      await expect.poll(async () => await drawing(page), { timeout: 240_000 }).toBe('succeeded');
      await page.close();
      await use(id);
    },
    { scope: 'worker', timeout: 300_000 },
  ],
  baseURL: async ({ workbench }, use) => await use(workbench.origin),
  storageState: async ({ workbench }, use) => await use(workbench.session),
});

test.skip(chromiumPath === undefined, 'no Chromium on this machine: install it, such as with apt install chromium');

/** The state of the job that draws the sample's images; the project can be viewed before it is done. */
async function drawing(page: Page): Promise<string | undefined> {
  const jobs: readonly Pick<Job, 'kind' | 'state'>[] = await page.evaluate(
    async () => await (await fetch('/api/jobs')).json(),
  );
  return jobs.find(({ kind }) => kind === 'drawSample')?.state ?? 'succeeded';
}

/** The project of the current page. */
export function projectOf(page: Page): string {
  return /\/projects\/([0-9a-f]+)/.exec(page.url())?.[1] ?? '';
}

async function firstLink(child: ChildProcess): Promise<string> {
  return await new Promise((resolve, reject) => {
    let said = '';
    child.stdout?.on('data', (data: Buffer) => {
      said += String(data);
      const [link] = /http:\/\/127\.0\.0\.1:\d+\/\S*token=\S+/.exec(said) ?? [];
      if (link) resolve(link);
    });
    child.once('exit', (code) => reject(new Error(`The workbench ended with ${code} before it showed a link.`)));
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exit = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  await exit;
}
