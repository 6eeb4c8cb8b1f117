import { defineConfig } from 'vitest/config';

const report = process.env.P2PIMG_LAB_REPORT;

/** The lab is one LAN: its tests run one after the other. */
export default defineConfig({
  test: {
    include: ['test/lab/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 240_000,
    hookTimeout: 300_000,
    ...(report && { reporters: ['default', 'json'], outputFile: { json: report } }),
  },
});
