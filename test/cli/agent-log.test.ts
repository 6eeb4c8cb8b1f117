import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCommand, startCommand } from './command.js';

describe.skipIf(process.platform === 'win32')(
  'the agent, with nobody in front of it',
  { timeout: 60_000 },
  () => {
    let home: string;
    beforeEach(async () => {
      home = await mkdtemp(join(tmpdir(), 'p2pimg-'));
    });
    afterEach(() => rm(home, { recursive: true, force: true }));

    const common = ['--engine', 'store', '--interface', '127.0.0.1'];

    it('tells how it is in lines of its log, and nothing else', async () => {
      const { child, ended } = startCommand(home, [...common, 'agent', '--port', '0', '--name', 'ada']);
      const [first] = (await once(createInterface(child.stdout as Readable), 'line')) as [string];
      expect(first).toMatch(
        /^time=\d{4}-\d\d-\d\dT[\d:.]+Z level=info msg=listening name=ada peerId=[0-9a-f]{64} version=\S+ port=\d+ pid=\d+ team=\S+ socket=\S+ engine="embedded store" address=layout:\S+ images=0 lane=blobs$/,
      );
      const told = JSON.parse((await runCommand(home, ['doctor', '--json'])).stdout) as {
        findings: { check: string; level: string; found: string }[];
      };
      expect(told.findings).toContainEqual(
        expect.objectContaining({
          check: 'agent',
          level: 'ok',
          found: expect.stringContaining(`pid ${child.pid}`),
        }),
      );
      const { code, stdout } = await runCommand(home, ['metrics']);
      expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('\np2pimg_peers 0\n') });
      child.kill('SIGTERM');
      const end = await ended;
      expect({ code: end.code, stderr: end.stderr }).toEqual({ code: 0, stderr: '' });
      for (const line of end.stdout.trimEnd().split('\n')) expect(line).toMatch(/^time=\S+ level=\w+ msg=/);
      expect(end.stdout).toContain('level=info msg=stopping uploadsCutOff=0');
    });

    it('tells only what matters, where that was asked for', async () => {
      const quiet = startCommand(home, [...common, 'agent', '--port', '0', '--log-level', 'error']);
      // that it says nothing cannot be waited for: its socket tells that it is ready
      for (;;) {
        const { stdout } = await runCommand(home, ['status', '--json']);
        if ((JSON.parse(stdout) as { running: boolean }).running) break;
      }
      quiet.child.kill('SIGTERM');
      expect(await quiet.ended).toEqual({ code: 0, stdout: '', stderr: '' });
      const wrong = await runCommand(home, ['agent', '--log-level', 'loud']);
      expect(wrong.code).toBe(2);
      expect(wrong.stderr).toContain('debug, info, warn, error');
    });
  },
);
