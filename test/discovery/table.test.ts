import { beforeEach, describe, expect, it } from 'vitest';
import { type Advert, sealed } from '../../src/discovery/advert.js';
import { parseEndpoint, showEndpoint } from '../../src/discovery/peer.js';
import { PeerTable } from '../../src/discovery/table.js';
import { advertOf, idOf, key, sharedImage } from './device.js';

const team = { tag: 'team-tag-1', key };
let clock = 0;
let table: PeerTable;
let events: string[];

function advert(name: string, changes: Partial<Advert> = {}): Advert {
  const { addresses = ['10.0.0.1'], ...rest } = changes;
  return { ...advertOf(name, 1, rest), addresses };
}

function endpoints(name: string): string[] {
  return table.peer(idOf(name))?.endpoints.map(showEndpoint) ?? [];
}

beforeEach(() => {
  clock = 1_000_000;
  table = new PeerTable({ self: idOf('self'), team, now: () => clock });
  events = [];
  for (const type of ['added', 'changed', 'removed'] as const)
    table.events.on(type, ({ name }) => events.push(`${type} ${name}`));
});

describe('the table of peers', () => {
  it('takes in who is advertised by our team, and says so once', () => {
    table.seen(advert('ada'));
    clock += 5;
    table.seen(advert('ada'));
    expect(table.peers()).toMatchObject([
      { name: 'ada', how: 'advertised', standing: 'hinted', lastSeen: clock },
    ]);
    expect(events).toEqual(['added ada']);
  });

  it('tells a change of name, catalogue or address', () => {
    table.seen(advert('ada'));
    table.seen(advert('ada', { generation: 2 }));
    table.seen(advert('ada', { generation: 2, addresses: ['10.0.0.2'] }));
    expect(events).toEqual(['added ada', 'changed ada', 'changed ada']);
    expect(endpoints('ada')).toEqual(['10.0.0.2:39041', '10.0.0.1:39041']);
  });

  it('passes over itself, and forgeries under our tag', () => {
    table.seen(advert('self'));
    table.seen({ ...advert('ada'), seal: undefined });
    table.seen({ ...advert('ada'), port: 22 });
    expect(table.peers()).toEqual([]);
    expect(table.otherTeams()).toBe(0);
  });

  it('removes a peer at its goodbye, and takes it back with a fresh advert', () => {
    table.seen(advert('ada'));
    table.gone(idOf('ada'));
    expect(table.peers()).toEqual([]);
    table.seen(advert('ada'));
    expect(events).toEqual(['added ada', 'removed ada', 'added ada']);
  });

  it('removes a peer that is told dead until a fresh advert', () => {
    table.seen(advert('ada'));
    table.alive(idOf('ada'));
    expect(table.peer(idOf('ada'))?.standing).toBe('proved');
    table.dead(idOf('ada'));
    expect(table.peer(idOf('ada'))).toBeUndefined();
    table.seen(advert('ada'));
    expect(table.peer(idOf('ada'))?.standing).toBe('hinted');
  });

  it('keeps a proved endpoint first, whatever adverts say', () => {
    table.seen(advert('ada'));
    table.alive(idOf('ada'), { host: '10.0.0.1', port: 39_041 });
    const forged = Array.from({ length: 8 }, (_, index) => `10.6.6.${index}`);
    table.seen(advert('ada', { addresses: forged }));
    expect(endpoints('ada')[0]).toBe('10.0.0.1:39041');
    expect(endpoints('ada')).toHaveLength(9);
  });

  it('forgets endpoints with an old port', () => {
    table.seen(advert('ada', { addresses: ['10.0.0.1', '10.0.0.2'] }));
    table.seen(advert('ada', { port: 5_000 }));
    expect(endpoints('ada')).toEqual(['10.0.0.1:5000']);
  });

  it('counts agents of other teams, each once, and forgets them after five minutes', () => {
    for (const name of ['x', 'y', 'x']) table.seen(advert(name, { teamTag: 'another' }));
    table.seen(advert('z', { teamTag: undefined }));
    expect(table.otherTeams()).toBe(2);
    expect(table.peers()).toEqual([]);
    clock += 200_000;
    table.seen(advert('x', { teamTag: 'another' }));
    clock += 200_000;
    expect(table.otherTeams()).toBe(1);
    table.gone(idOf('x'));
    expect(table.otherTeams()).toBe(0);
  });

  it('begins anew with another team, and counts everybody without one', () => {
    table.seen(advert('ada'));
    table.setTeam(undefined);
    expect(events).toEqual(['added ada', 'removed ada']);
    table.seen(advert('ada'));
    expect(table.otherTeams()).toBe(1);
    table.setTeam(team);
    table.seen(advert('ada'));
    expect(table.otherTeams()).toBe(0);
    expect(table.peers()).toHaveLength(1);
  });

  it('stays bounded under a flood of forged adverts, and has room for the team', () => {
    const base = { ...advert('ada'), seal: 'A'.repeat(16) };
    const flood = (teamTag: string): void => {
      for (let index = 0; index < 5_000; index += 1) {
        table.seen({ ...base, peerId: idOf(`${teamTag}${index}`), teamTag });
      }
    };
    flood('another');
    flood(team.tag);
    expect(table.otherTeams()).toBe(2_000);
    table.seen(advert('ada'));
    expect(table.peers()).toHaveLength(1);
  });

  it('tracks at most 2,000 peers of the team', () => {
    const base = advertOf('ada');
    for (let index = 0; index < 2_100; index += 1)
      table.seen({ ...sealed(key, { ...base, peerId: idOf(`p${index}`) }), addresses: ['10.0.0.1'] });
    expect(table.peers()).toHaveLength(2_000);
  });
});

describe('matching', () => {
  it('finds the peers that may have it', () => {
    table.seen(advert('ada'));
    table.seen(advert('bob', { filter: undefined }));
    expect(table.matching(sharedImage).map(({ name }) => name)).toEqual(['ada', 'bob']);
    expect(table.matching('docker.io/library/absent:1').map(({ name }) => name)).toEqual(['bob']);
  });

  it('always includes a named peer without a filter', () => {
    table.addNamed(parseEndpoint('nas.local:4000'));
    expect(table.matching('anything')).toMatchObject([
      { name: 'nas.local:4000', how: 'named', peerId: undefined },
    ]);
  });
});

describe('a named peer', () => {
  const endpoint = parseEndpoint('10.0.0.7:39041');

  it('gets its identity with the first connection', () => {
    table.addNamed(endpoint);
    table.learned(endpoint, idOf('ada'), 'ada');
    expect(table.peers()).toMatchObject([
      { peerId: idOf('ada'), name: 'ada', standing: 'proved', how: 'named' },
    ]);
    expect(events).toEqual(['added 10.0.0.7:39041', 'removed 10.0.0.7:39041', 'added ada']);
  });

  it('is one with the same peer when that is advertised', () => {
    table.addNamed(endpoint);
    table.learned(endpoint, idOf('ada'), 'ada');
    table.seen(advert('ada'));
    expect(table.peers()).toHaveLength(1);
    expect(table.peers()).toMatchObject([{ how: 'advertised and named', standing: 'proved' }]);
    expect(endpoints('ada')).toEqual(['10.0.0.1:39041', '10.0.0.7:39041']);
  });

  it('stays when it is dead or says goodbye, until it is taken back', () => {
    table.addNamed(endpoint);
    table.learned(endpoint, idOf('ada'), 'ada');
    table.seen(advert('ada'));
    table.gone(idOf('ada'));
    expect(table.peers()).toMatchObject([{ how: 'named', standing: 'hinted' }]);
    table.removeNamed(endpoint);
    expect(table.peers()).toEqual([]);
  });
});

describe('an address as typed', () => {
  it.each(['10.0.0.7:39041', 'nas.local:1', '[fe80::1%eth0]:65535', '[2001:db8::1]:80'])(
    '%s is one',
    (text) => {
      expect(showEndpoint(parseEndpoint(text))).toBe(text);
    },
  );

  it.each(['', 'nas', 'nas:', ':80', 'nas:0', 'nas:65536', '2001:db8::1:80', '[nas]:80', 'a b:80'])(
    '%s is none',
    (text) => {
      expect(() => parseEndpoint(text)).toThrow(expect.objectContaining({ code: 'USAGE' }));
    },
  );
});
