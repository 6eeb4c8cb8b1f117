import { describe, expect, it } from 'vitest';
import { exitCodeOfFindings } from '../../../src/cli/doctor/doctor.js';
import { examine } from '../../../src/cli/doctor/examine.js';
import { checkNames } from '../../../src/cli/doctor/finding.js';
import type { Observations } from '../../../src/cli/doctor/observations.js';
import { P2pimgError } from '../../../src/error.js';
import { answering, type Case, findingOf, listOf, now, row, socket, status, todoOf, well } from './seen.js';

const engineDown = (code: string) =>
  ({ state: 'down', address: 'unix:///run/docker.sock', reason: 'because', code }) as const;
const disk = (free: number) => ({
  engine: {
    ...status.engine,
    disk: { folder: '/var/lib/docker', free, total: 100e9 },
  } as typeof status.engine,
});
const port = (changes: Partial<NonNullable<Observations['port']>>) => ({
  port: { wanted: 47_470, isConfigured: false, state: 'taken' as const, holder: undefined, ...changes },
});

describe('a device with which all is well', () => {
  it('has each check told as well, in order, and ends with 0', () => {
    const findings = examine(well);
    expect(findings.map(({ check }) => check)).toEqual([...checkNames]);
    expect(findings.filter(({ level }) => level !== 'ok')).toEqual([]);
    expect(exitCodeOfFindings(findings)).toBe(0);
  });
});

describe('a check of the device', () => {
  const cases: readonly Case[] = [
    [
      'finds folders that do not hold',
      'configuration',
      'fail',
      /key "nam"/,
      { ...well, answers: { by: 'nobody', error: new P2pimgError('CONFIG_INVALID', 'no key "nam"') } },
    ],
    ['finds no agent', 'agent', 'warning', /no agent/, answering({ running: false }, { by: 'itself' })],
    ['finds an agent of before an upgrade', 'agent', 'warning', /0\.0\.9/, answering({ version: '0.0.9' })],
    [
      'finds a stopped engine',
      'engine',
      'fail',
      /because/,
      answering({ engine: engineDown('ENGINE_UNREACHABLE') }),
    ],
    [
      'finds that it may not',
      'engine',
      'fail',
      /permission/,
      answering({ engine: engineDown('ENGINE_DENIED') }),
    ],
    [
      'finds who may use the socket',
      'permission',
      'fail',
      /ada may not .*root and the group docker may/,
      { ...well, ...socket({ access: 'denied', membership: 'no' }) },
    ],
    [
      'finds a session older than the membership',
      'permission',
      'fail',
      /may not/,
      { ...well, ...socket({ access: 'denied', membership: 'after the next login' }) },
    ],
    [
      'finds a socket of root alone',
      'permission',
      'fail',
      /only root may/,
      { ...well, ...socket({ access: 'denied', membership: 'no' }, { mode: 0o600 }) },
    ],
    ['finds a disk on which the largest does not fit', 'disk', 'fail', /700 MB/, answering(disk(600e6))],
    ['finds a disk on which it barely fits', 'disk', 'warning', /700 MB/, answering(disk(1.3e9))],
    [
      'finds a nearly full disk without peers',
      'disk',
      'warning',
      /1\.00 GB of/,
      answering(disk(1e9), { list: listOf() }),
    ],
    [
      'names the program that has the port',
      'port',
      'warning',
      /47470 is taken by nginx \(pid 12\)/,
      { ...answering({ port: 40_000 }), ...port({ holder: { pid: 12, command: 'nginx' } }) },
    ],
    [
      'finds a configured port taken, so that no agent will start',
      'port',
      'fail',
      /another program/,
      { ...answering({ running: false }, { by: 'itself' }), ...port({ isConfigured: true }) },
    ],
    [
      'finds a clock before the key',
      'clock',
      'warning',
      /key was made on 2026-01-01/,
      { ...well, now: now - 90 * 86_400_000 },
    ],
    [
      'finds a clock before an image of a peer',
      'clock',
      'warning',
      /team\/app:2 of bob was built/,
      answering({}, { list: listOf(row({ created: '2026-03-01T13:00:00Z' })) }),
    ],
  ];

  it.each(cases)('%s', (_title, check, level, found, seen) => {
    const finding = findingOf(check, seen);
    expect(finding).toMatchObject({ level, found: expect.stringMatching(found) });
    if (finding?.level === 'ok' || finding === undefined) throw new Error('something is wrong');
    expect(finding.means).not.toBe('');
    expect(finding.todo.length).toBeGreaterThan(0);
  });

  it('that fails, and is the first to do so, gives the exit code', () => {
    const codes = (seen: Observations) => exitCodeOfFindings(examine(seen));
    expect(codes(answering({ engine: engineDown('ENGINE_UNREACHABLE'), peers: 0, otherTeams: 1 }))).toBe(6);
    expect(codes(answering(disk(600e6)))).toBe(8);
    expect(codes(answering({ peers: 0, otherTeams: 1 }))).toBe(7);
    expect(codes({ ...well, interfaces: [] })).toBe(3);
    expect(codes(answering({ version: '0.0.9' }))).toBe(0);
  });
});

describe('what to do', () => {
  const denied = (platform: NodeJS.Platform) => ({
    ...well,
    platform,
    ...socket({ access: 'denied', membership: 'no' }),
  });

  it('is a command of the platform', () => {
    expect(todoOf('permission', denied('linux'))[0]).toContain('sudo usermod -aG docker ada');
    expect(todoOf('permission', denied('darwin'))[0]).toContain('Docker Desktop');
    expect(todoOf('permission', denied('win32'))[0]).toContain('net localgroup docker-users ada /add');
    const shut = (platform: NodeJS.Platform) => ({ ...answering({ visitors: 0 }), platform });
    expect(todoOf('firewall', shut('linux'))[0]).toContain('ufw allow 47470/tcp');
    expect(todoOf('firewall', shut('win32'))[0]).toContain('-LocalPort 47470');
  });

  it('in a session older than the membership is to log in again, not to ask for what was given', () => {
    const seen = { ...well, ...socket({ access: 'denied', membership: 'after the next login' }) };
    expect(todoOf('permission', seen)).toEqual(['log out and in; for this shell alone: newgrp docker']);
  });
});
