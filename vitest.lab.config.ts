import { defineConfig } from 'vitest/config';

/** The lab is one LAN: its tests run one after the other. */
export default defineConfig({
  test: {
    include: ['test/lab/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 240_000,
    passWithNoTests: false,
  },
});
