import { defineConfig } from 'vitest/config';

const report = process.env.P2PIMG_TEST_REPORT;

/** Everything that needs no engine and no root. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/lab/**'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    ...(report && { reporters: ['default', 'json'], outputFile: { json: report } }),
  },
});
