import { describe, expect, it } from 'vitest';
import { listLines } from '../../../src/cli/present/list.js';
import { peersLines } from '../../../src/cli/present/peers.js';
import { widthOf } from '../../../src/cli/present/width.js';
import type { ListReport, ListRow, PeersReport } from '../../../src/control/api.js';
import { digestOf } from '../../../src/image/digest.js';
import { localPlatform, platformText } from '../../../src/image/platform.js';
import { buildbox, mara } from '../../control/scripted-operations.js';
import { writtenTerminal } from './written.js';

const now = Date.parse('2025-06-15T12:00:00Z');
const here = platformText(localPlatform());
const row: ListRow = {
  reference: 'team/app:2',
  id: digestOf('2'),
  platforms: [here],
  size: 757_000_000,
  created: '2025-06-15T09:30:00Z',
  peers: [mara, buildbox],
  here: 'yes',
};
const long = 'registry.example.com/platform/services/checkout-frontend:2024-11-05-a1b2c3d';
const report: ListReport = {
  team: 'tag',
  otherTeams: 0,
  peers: [mara, buildbox],
  images: [
    row,
    {
      ...row,
      reference: 'team/app:1',
      id: digestOf('1'),
      peers: [buildbox],
      here: 'other',
      other: { id: digestOf('0'), older: true },
    },
    { ...row, reference: 'team/db:14', id: digestOf('db'), platforms: ['linux/s390x'], here: 'no' },
    {
      ...row,
      reference: long,
      peers: [mara, buildbox, { name: '日本語のマシン', id: 'x' }],
      created: undefined,
    },
    { ...row, reference: undefined, peers: [{ name: 'evil\x1b[2J\nname', id: 'x' }] },
  ],
};
const peersReport: PeersReport = {
  team: 'tag',
  otherTeams: 2,
  peers: [
    {
      ...mara,
      engine: 'Docker 29.1, containerd store',
      images: 41,
      address: '192.168.0.17:4747',
      uploads: { active: 1, limit: 4 },
      lastSeen: '',
    },
    { ...buildbox, address: '192.168.0.5:4747', lastSeen: '' },
  ],
};

describe('ls', () => {
  it('shows everything where the output is no terminal', () => {
    const lines = listLines(
      { ...report, images: report.images.slice(0, 3) },
      undefined,
      writtenTerminal(),
      now,
    );
    const id = (text: string) => digestOf(text).slice(7, 15);
    expect(lines).toEqual([
      'IMAGE       ID          SIZE  BUILT  PEERS                            HERE',
      `team/app:2  ${id('2')}  757 MB    2 h  mara-thinkpad, buildbox          yes`,
      `team/app:1  ${id('1')}  757 MB    2 h  buildbox                         older: ${id('0')}`,
      `team/db:14  ${id('db')}  757 MB    2 h  mara-thinkpad, buildbox (s390x)  no`,
    ]);
  });

  it.each([36, 40, 60, 80, 100, 120, 200])('never breaks a line at %d columns', (columns) => {
    for (const env of [{ NO_COLOR: '1' }, { NO_COLOR: '1', LANG: 'C' }])
      for (const line of listLines(report, undefined, writtenTerminal(columns, env), now))
        expect(widthOf(line)).toBeLessThanOrEqual(columns);
  });

  it('keeps the tag of a long name, and the name of short ones, at 60 columns', () => {
    const text = listLines(report, undefined, writtenTerminal(60, { NO_COLOR: '1' }), now).join('\n');
    expect(text).toContain('…');
    expect(text).toContain('2024-11-05-a1b2c3d');
    expect(text).toContain('team/app:2');
  });

  it('shows nothing that a terminal obeys, and only ASCII without Unicode', () => {
    const text = listLines(report, undefined, writtenTerminal(undefined, { LANG: 'C' }), now).join('\n');
    expect(text).toMatch(/^[\x20-\x7e\n]*$/);
    expect(text).toContain('evil name');
  });

  it('says why there is nothing', () => {
    const empty = { ...report, images: [] };
    const terminal = writtenTerminal();
    expect(listLines(empty, 'x*', terminal)).toEqual(['no image like x* at mara-thinkpad, buildbox']);
    expect(listLines({ ...empty, peers: [], otherTeams: 1 }, undefined, terminal)).toEqual([
      'no peer of your team is on this network',
      '1 agent of another team is on this network; to join, ask a colleague for `p2pimg team show`',
    ]);
    expect(listLines({ ...empty, team: undefined }, undefined, terminal)[0]).toContain('p2pimg team create');
  });
});

describe('peers', () => {
  it('shows those who are gone, and since when', () => {
    const gone = [{ name: 'jonas-mbp', id: 'cc33', lastSeen: '2025-06-15T09:30:00Z' }];
    const lines = peersLines({ ...peersReport, gone }, writtenTerminal(), now);
    expect(lines[3]).toMatch(/^jonas-mbp +cc33 .* 2 h ago$/);
  });

  it('shows who they are, and counts the agents of other teams', () => {
    expect(peersLines(peersReport, writtenTerminal())).toEqual([
      'PEER           ID    ENGINE                         IMAGES  ADDRESS            BUSY            SEEN',
      'mara-thinkpad  aa11  Docker 29.1, containerd store      41  192.168.0.17:4747  1 of 4 uploads  now',
      'buildbox       bb22  –                                   –  192.168.0.5:4747   –               now',
      '2 agents of another team are on this network; to join, ask a colleague for `p2pimg team show`',
    ]);
  });

  it.each([36, 40, 60, 80, 100])('never breaks a line at %d columns', (columns) => {
    for (const line of peersLines(peersReport, writtenTerminal(columns, { NO_COLOR: '1' })))
      expect(widthOf(line)).toBeLessThanOrEqual(columns);
  });
});
