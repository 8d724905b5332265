/** A real workbench for the tests: its own process, its own settings folder, the sample opened once. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base, expect, type Page } from '@playwright/test';
import { chromiumPath } from '../../playwright.config.ts';

export interface Workbench {
  readonly home: string;
  /** A link for a browser that was not here before; each is good once. */
  nextLink(): Promise<string>;
}

interface WorkerFixtures {
  readonly workbench: Workbench;
}

export const test = base.extend<object, WorkerFixtures>({
  workbench: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures from the pattern
    async ({}, use) => {
      const home = mkdtempSync(join(tmpdir(), 'understudy-e2e-'));
      const child = spawn(process.execPath, ['scripts/web.cjs', '--port', '0'], {
        env: { ...process.env, UNDERSTUDY_HOME: home },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const links = new Links(child);
      await use({ home, nextLink: () => links.next() });
      await ended(child);
      rmSync(home, { recursive: true, force: true });
    },
    { scope: 'worker', timeout: 120_000 },
  ],
});

test.skip(chromiumPath === undefined, 'no Chromium on this machine: install it, such as with apt install chromium');

/** The page enters by the link that the terminal shows. */
export async function enter(page: Page, workbench: Workbench): Promise<void> {
  await page.goto(await workbench.nextLink());
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
}

class Links {
  readonly #found: string[] = [];
  readonly #waiting: ((link: string) => void)[] = [];

  constructor(child: ChildProcess) {
    child.stdout?.on('data', (data: Buffer) => {
      for (const [link] of String(data).matchAll(/http:\/\/127\.0\.0\.1:\d+\/\S*token=\S+/g)) this.#add(link);
    });
  }

  async next(): Promise<string> {
    const known = this.#found.shift();
    return known ?? (await new Promise<string>((resolve) => this.#waiting.push(resolve)));
  }

  #add(link: string): void {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(link);
    else this.#found.push(link);
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exit = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  await exit;
}
