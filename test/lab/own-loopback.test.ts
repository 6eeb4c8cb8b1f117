import { beforeAll, describe, expect, it } from 'vitest';
import { bringUpLab, type Workstation, workstations } from './workstation.js';

const { ada, cleo, dan } = workstations;

beforeAll(bringUpLab, 240_000);

/** Runs tests inside a workstation's network, where engine and agent share the loopback interface. */
async function inside(workstation: Workstation, file: string): Promise<void> {
  const words = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'vitest.inside.config.ts', file];
  const { code, stdout, stderr } = await workstation.run([process.execPath, ...words], {
    env: { LAB_INSIDE: workstation.name },
    timeoutMs: 240_000,
  });
  expect(code, `${stdout}${stderr}`).toBe(0);
}

describe('an engine that shares the loopback interface', { timeout: 300_000 }, () => {
  it('of the containerd store gives and takes single blobs', () => inside(ada, 'single-blobs'));

  it.each([cleo, dan])('of the classic store gives small layers alone ($name)', (workstation) =>
    inside(workstation, 'classic-push'),
  );
});
