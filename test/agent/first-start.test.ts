import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let home: string;
let agent: ChildProcess | undefined;

beforeAll(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'p2pimg-first-'));
});

afterAll(async () => {
  agent?.kill('SIGKILL');
  await rm(home, { recursive: true, force: true });
});

/** What a real agent says until it was told to stop, which it is as soon as it answers. */
async function said(): Promise<string> {
  const words = ['src/cli/main.ts', 'agent', '--port', '0', '--engine', 'store', '--interface', '127.0.0.1'];
  const child = spawn(process.execPath, ['--import', 'tsx', ...words], {
    env: { ...process.env, P2PIMG_HOME: home },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  agent = child;
  const lines: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    lines.push(line);
    if (line.includes(' msg=listening ')) child.kill('SIGTERM');
  }
  const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode];
  expect(code).toBe(0);
  return lines.join('\n');
}

describe('an agent', () => {
  it('makes a team at its first start and says so, and keeps it at the next', async () => {
    const first = await said();
    const [, tag] = /msg="made a team, being in none" team=(\S+)/.exec(first) ?? [];
    expect(tag).toMatch(/^[\w-]{22}$/);
    const second = await said();
    expect(second).not.toContain('made a team');
    expect(second).toContain(` team=${tag} `);
  });
});
