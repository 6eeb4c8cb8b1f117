import { describe, expect, it } from 'vitest';
import type { Observations } from '../../../src/cli/doctor/observations.js';
import { answering, type Case, findingOf, heard, hearing, lan, todoOf, well } from './seen.js';

describe('a check of the network', () => {
  const twin = heard('ada', '192.168.0.40', { port: 47_470 });
  const cases: readonly Case[] = [
    [
      'finds that there is no network',
      'interfaces',
      'fail',
      /no interface/,
      { ...well, interfaces: [], route: { tunnels: [], exit: undefined } },
    ],
    [
      'finds that there is only a VPN',
      'interfaces',
      'fail',
      /only a VPN \(wg0\)/,
      { ...well, interfaces: [] },
    ],
    [
      'finds that the VPN takes all',
      'vpn',
      'warning',
      /VPN wg0/,
      { ...well, route: { tunnels: ['wg0'], exit: 'wg0' } },
    ],
    [
      'finds that nothing goes out',
      'multicast',
      'fail',
      /lets nothing out/,
      { ...well, hearings: [hearing({ failure: { at: 'sending', code: 'EPERM' }, itself: false })] },
    ],
    [
      'finds that nothing comes in, on one of two interfaces',
      'multicast',
      'warning',
      /wlan0 10\.0\.0\.2: .*not heard/,
      {
        ...well,
        hearings: [hearing(), hearing({ interface: { name: 'wlan0', address: '10.0.0.2' }, itself: false })],
      },
    ],
    [
      'finds a program that has port 5353 for itself',
      'multicast',
      'fail',
      /5353 for itself/,
      { ...well, hearings: [hearing({ failure: { at: 'joining', code: 'EADDRINUSE' }, itself: false })] },
    ],
    [
      'suspects isolation where nobody is heard',
      'isolation',
      'warning',
      /nothing of any other/,
      { ...answering({ peers: 0 }), hearings: [hearing({ others: [], adverts: [] })] },
    ],
    [
      'finds a network without multicast where peers answer all the same',
      'isolation',
      'warning',
      /by their address/,
      { ...well, hearings: [hearing({ others: [], adverts: [] })] },
    ],
    [
      'suspects a firewall where nobody who is seen can be connected to',
      'firewall',
      'fail',
      /bob at 192\.168\.0\.9:39041 \(ETIMEDOUT\)/,
      { ...well, reached: [{ peer: 'bob', address: '192.168.0.9:39041', answer: 'ETIMEDOUT' }] },
    ],
    [
      'suspects a firewall here where no peer connects',
      'firewall',
      'warning',
      /port 47470/,
      answering({ visitors: 0 }),
    ],
    [
      'finds that there is no team',
      'team',
      'warning',
      /in no team/,
      answering({ team: undefined, peers: 0 }),
    ],
    [
      'finds the wrong team',
      'team',
      'fail',
      /2 agents of another team are/,
      answering({ peers: 0, otherTeams: 2 }),
    ],
    [
      'finds a clone of this device',
      'identity',
      'fail',
      /this device's identity: ada at 192\.168\.0\.40:47470/,
      { ...well, hearings: [hearing({ adverts: [...hearing().adverts, twin] })] },
    ],
    [
      'finds a clone of this device where no agent runs',
      'identity',
      'fail',
      /this device's identity/,
      { ...answering({ running: false }, { by: 'itself' }), hearings: [hearing({ adverts: [twin] })] },
    ],
    [
      'finds a second agent on this very machine',
      'identity',
      'fail',
      /ada at 192\.168\.0\.17:40000/,
      { ...well, hearings: [hearing({ adverts: [heard('ada', lan.address, { port: 40_000 })] })] },
    ],
    [
      'finds two others that are one',
      'identity',
      'fail',
      /bob at 192\.168\.0\.9:39041 and bob at 192\.168\.0\.10:39041/,
      {
        ...well,
        hearings: [hearing({ adverts: [heard('bob', '192.168.0.9'), heard('bob', '192.168.0.10')] })],
      },
    ],
    [
      'finds a peer of another protocol',
      'versions',
      'fail',
      /bob \(protocol 2\)/,
      { ...well, hearings: [hearing({ adverts: [heard('bob', '192.168.0.9', { protocol: 2 })] })] },
    ],
    [
      'finds peers of another version',
      'versions',
      'warning',
      /bob has 0\.1\.0/,
      { ...answering({ version: '0.2.0' }), version: '0.2.0' },
    ],
  ];

  it.each(cases)('%s', (_title, check, level, found, seen) => {
    const finding = findingOf(check, seen);
    expect(finding).toMatchObject({ level, found: expect.stringMatching(found) });
    if (finding?.level === 'ok' || finding === undefined) throw new Error('something is wrong');
    expect(finding.means).not.toBe('');
    expect(finding.todo.length).toBeGreaterThan(0);
  });
});

describe('no clone is', () => {
  it.each<[string, Observations]>([
    [
      'an agent that speaks on two interfaces of one network',
      {
        ...well,
        hearings: [
          hearing({
            adverts: [
              heard('bob', '192.168.0.9', { addresses: ['192.168.0.9', '192.168.0.10'] }),
              heard('bob', '192.168.0.10', { addresses: ['192.168.0.10', '192.168.0.9'] }),
            ],
          }),
        ],
      },
    ],
    [
      "this device's advert, as a repeater sends it on",
      {
        ...well,
        hearings: [
          hearing({
            adverts: [heard('ada', '192.168.0.1', { port: 47_470, addresses: ['192.168.0.1', lan.address] })],
          }),
        ],
      },
    ],
  ])('%s', (_title, seen) => expect(findingOf('identity', seen)?.level).toBe('ok'));
});

describe('what to do', () => {
  it('against a clone is the command that gives it another identity', () => {
    const cloned = [hearing({ adverts: [heard('ada', '192.168.0.40')] })];
    expect(todoOf('identity', { ...well, hearings: cloned })).toContain(
      'there: rm /home/ada/.config/p2pimg/identity.json',
    );
    expect(todoOf('identity', { ...well, hearings: cloned, platform: 'win32' })[1]).toContain('del "');
  });
});
