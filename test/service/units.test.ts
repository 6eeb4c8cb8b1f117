import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { plistFolderNote, plistFor } from '../../src/service/launchd-plist.js';
import { unitFolderNote, unitFor } from '../../src/service/systemd-unit.js';

const has = (command: string): boolean => spawnSync(command, ['--version']).error === undefined;
const folder = mkdtempSync(path.join(tmpdir(), 'p2pimg-unit-'));
const unit = path.join(folder, 'p2pimg.service');
const words = ['/usr/bin/env', '/home/é a/p2p"img\\', '100%', '$HOME', 'agent'];
const environment = { P2PIMG_HOME: '/home/a b/50%', DOCKER_HOST: 'unix:///run/docker.sock' };

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What systemd-analyze says against a unit. */
function faults(scope: '--user' | '--system'): string[] {
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', scope, unit], {
    encoding: 'utf8',
    env: { ...process.env, XDG_RUNTIME_DIR: folder },
  });
  return [
    ...stderr.split('\n').filter((line) => line.includes('p2pimg')),
    ...(status === 0 ? [] : [`${status}`]),
  ];
}

describe.skipIf(!has('systemd-analyze'))('the systemd units', () => {
  it.each(['user', 'system'] as const)('are clean for systemd-analyze verify: %s', (scope) => {
    copyFileSync(`systemd/${scope}/p2pimg.service`, unit);
    expect(faults(`--${scope}`)).toEqual([]);
  });

  it('are clean for it as the command writes them, whatever the paths are', () => {
    writeFileSync(unit, unitFor({ words, environment }) + unitFolderNote.write('/home/é a'));
    expect(faults('--user')).toEqual([]);
  });

  it('leave the system service exposed to no more than 4.0 of 10', () => {
    copyFileSync('systemd/system/p2pimg.service', unit);
    const said = execFileSync('systemd-analyze', ['security', '--offline=true', '--no-pager', unit], {
      encoding: 'utf8',
    });
    const [, level] = /Overall exposure level for p2pimg\.service: ([\d.]+)/.exec(said) ?? [];
    expect(Number(level)).toBeGreaterThan(0);
    expect(Number(level)).toBeLessThanOrEqual(4);
  });
});

describe('the folder notes', () => {
  it.each([unitFolderNote, plistFolderNote])('are read as they were written', (note) => {
    expect(note.read(`before\n${note.write('/home/é a/Library')}`)).toBe('/home/é a/Library');
    expect(note.read('nothing')).toBeUndefined();
  });
});

/** The keys that launchd.plist(5) documents, of those that could be here, with their types. */
const documented: Readonly<Record<string, string>> = {
  Label: 'string',
  ProgramArguments: 'object',
  EnvironmentVariables: 'object',
  RunAtLoad: 'boolean',
  KeepAlive: 'object',
  ThrottleInterval: 'number',
  ProcessType: 'string',
  StandardOutPath: 'string',
  StandardErrorPath: 'string',
};

describe.skipIf(!has('python3'))('the LaunchAgent', () => {
  const parsed = (file: string): Record<string, unknown> => {
    const script = 'import json, plistlib, sys; print(json.dumps(plistlib.load(open(sys.argv[1], "rb"))))';
    return JSON.parse(execFileSync('python3', ['-c', script, file], { encoding: 'utf8' }));
  };
  const typesOf = (plist: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(plist).map(([key, value]) => [key, typeof value]));

  it('is a property list that starts the agent at login and again after a failure', () => {
    const plist = parsed('launchd/io.github.p2pimg.agent.plist');
    expect(plist).toMatchObject({
      Label: 'io.github.p2pimg.agent',
      RunAtLoad: true,
      KeepAlive: { SuccessfulExit: false },
    });
    expect(documented).toMatchObject(typesOf(plist));
  });

  it('runs the whole command as the command writes it, whatever the paths are', () => {
    const file = path.join(folder, 'agent.plist');
    const odd = { words: [...words, '<&>'], environment };
    writeFileSync(file, plistFor(odd, '/Users/a & b/p2pimg.log') + plistFolderNote.write('/Users/a'));
    const plist = parsed(file);
    expect(plist).toMatchObject({
      ProgramArguments: odd.words,
      EnvironmentVariables: environment,
      StandardErrorPath: '/Users/a & b/p2pimg.log',
      KeepAlive: { SuccessfulExit: false },
    });
    expect(documented).toMatchObject(typesOf(plist));
  });
});
