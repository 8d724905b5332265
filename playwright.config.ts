import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';

/** The system's own Chromium: nothing is downloaded. If available, the headless shell, which draws pages at lower cost. */
export const chromiumPath = [
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => existsSync(path));

export default defineConfig({
  testDir: 'test/e2e',
  globalSetup: 'test/e2e/draw-sample-once.ts',
  outputDir: 'test-output/e2e',
  // Each with its own workbench, which computes on the same processors.
  workers: 2,
  timeout: 600_000,
  // On a busy machine a screen may take its time; speed is measured elsewhere.
  expect: { timeout: 60_000 },
  reporter: [['list']],
  use: {
    navigationTimeout: 120_000,
    viewport: { width: 1280, height: 720 },
    // A trace (`--trace on`) records every step and costs a quarter of the tests' time.
    screenshot: 'only-on-failure',
    launchOptions: {
      ...(chromiumPath === undefined ? {} : { executablePath: chromiumPath }),
      // No software GPU draws the pages; as root, Chromium's own sandbox cannot start.
      args: ['--disable-gpu', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
    },
  },
});
