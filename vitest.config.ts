import { defineConfig } from 'vitest/config';
import { turnTelemetryOff } from './main/telemetry-off.ts';
import { unitTests } from './scripts/unit-tests.mjs';
import { keepFilesInMemory } from './test/files-in-memory.ts';

keepFilesInMemory();
turnTelemetryOff();
const unit = unitTests();
// Consecutive test files share a process and its modules, compiled once: a file must leave nothing behind.
const shared = { testTimeout: 240_000, hookTimeout: 240_000, isolate: false, setupFiles: ['test/one-thread.ts'] };

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      { test: { name: 'unit', include: unit, ...shared } },
      {
        test: {
          name: 'integration',
          include: ['test/**/*.test.ts'],
          exclude: ['node_modules/**', ...unit],
          globalSetup: ['test/build-once.ts'],
          ...shared,
        },
      },
    ],
  },
});
