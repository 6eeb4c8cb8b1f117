import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const has = (command: string): boolean => spawnSync(command, ['--version']).error === undefined;
const folder = mkdtempSync(path.join(tmpdir(), 'p2pimg-unit-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!has('systemd-analyze'))('the systemd unit', () => {
  it('is clean for systemd-analyze verify', () => {
    const unit = path.join(folder, 'p2pimg.service');
    symlinkSync(path.resolve('systemd/p2pimg.service'), unit);
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--user', unit], {
      encoding: 'utf8',
      env: { ...process.env, XDG_RUNTIME_DIR: folder },
    });
    expect(stderr.split('\n').filter((line) => line.includes('p2pimg'))).toEqual([]);
    expect(status).toBe(0);
  });
});

describe.skipIf(!has('python3'))('the LaunchAgent', () => {
  it('is a property list that starts the agent at login and again after a failure', () => {
    const script = 'import json, plistlib, sys; print(json.dumps(plistlib.load(open(sys.argv[1], "rb"))))';
    const json = execFileSync('python3', ['-c', script, 'launchd/io.github.p2pimg.agent.plist'], {
      encoding: 'utf8',
    });
    expect(JSON.parse(json)).toMatchObject({
      Label: 'io.github.p2pimg.agent',
      RunAtLoad: true,
      KeepAlive: { SuccessfulExit: false },
    });
  });
});
