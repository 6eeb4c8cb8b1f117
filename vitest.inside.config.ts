import { defineConfig } from 'vitest/config';

/** Tests that `test/lab/own-loopback.test.ts` runs inside a workstation's network. */
export default defineConfig({
  test: { include: ['test/lab/inside/*.inside.ts'], testTimeout: 60_000, hookTimeout: 120_000 },
});
