import { defineConfig } from 'vitest/config';
import { unitTests } from './scripts/unit-tests.mjs';

const unit = unitTests();
const patience = { testTimeout: 240_000, hookTimeout: 240_000 };

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      { test: { name: 'unit', include: unit, ...patience } },
      {
        test: {
          name: 'integration',
          include: ['test/**/*.test.ts'],
          exclude: ['node_modules/**', ...unit],
          globalSetup: ['test/build-once.ts'],
          ...patience,
        },
      },
    ],
  },
});
