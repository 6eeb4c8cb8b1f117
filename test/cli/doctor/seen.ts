import { examine, type NamedFinding } from '../../../src/cli/doctor/examine.js';
import type { CheckName } from '../../../src/cli/doctor/finding.js';
import type { Observations } from '../../../src/cli/doctor/observations.js';
import type { ListReport, ListRow, StatusReport } from '../../../src/control/api.js';
import type { HeardAdvert, Hearing } from '../../../src/discovery/hearing.js';
import { digestOf } from '../../../src/image/digest.js';
import { advertOf, idOf } from '../../discovery/device.js';

const MB = 1_000_000;
export const now = Date.parse('2026-03-01T12:00:00Z');
export const lan = { name: 'eth0', address: '192.168.0.17', netmask: '255.255.255.0', mark: 'eth0' };

export const status: StatusReport = {
  running: true,
  name: 'ada',
  peerId: idOf('ada'),
  version: '0.1.0',
  pid: 4711,
  port: 47_470,
  engine: {
    state: 'up',
    address: 'unix:///run/docker.sock',
    description: 'Docker 29.1, containerd store',
    images: 41,
    disk: { folder: '/var/lib/docker', free: 80_000 * MB, total: 200_000 * MB },
  },
  team: { tag: 'team-tag-1', joinedBy: 1 },
  peers: 1,
  visitors: 1,
  otherTeams: 0,
  uploads: { active: 0, limit: 4 },
  startedAt: '2026-03-01T10:00:00Z',
};

export const row = (changes: Partial<ListRow>): ListRow => ({
  reference: 'team/app:2',
  id: digestOf('team/app:2'),
  platforms: ['linux/amd64'],
  size: 700 * MB,
  created: '2026-02-01T00:00:00Z',
  peers: [{ name: 'bob', id: 'bb' }],
  here: 'no',
  ...changes,
});

export const listOf = (...images: readonly ListRow[]): ListReport => ({
  team: 'team-tag-1',
  images,
  peers: [],
  otherTeams: 0,
});

/** An advert as it is heard: from this address, which it names too, with these others. */
export function heard(
  name: string,
  sender: string,
  changes: { port?: number; protocol?: number; addresses?: readonly string[] } = {},
): HeardAdvert {
  const { addresses = [sender], ...own } = changes;
  return { sender, advert: { ...advertOf(name, 1, own), addresses } };
}

export const hearing = (changes: Partial<Hearing> = {}): Hearing => ({
  interface: { name: 'eth0', address: lan.address },
  failure: undefined,
  itself: true,
  others: ['192.168.0.9'],
  adverts: [heard('ada', lan.address, { port: 47_470 }), heard('bob', '192.168.0.9')],
  ...changes,
});

/** A device with which all is well. */
export const well: Observations = {
  platform: 'linux',
  now,
  version: '0.1.0',
  protocol: 1,
  answers: {
    by: 'agent',
    status,
    peers: {
      team: 'team-tag-1',
      peers: [{ name: 'bob', id: 'bb', address: '192.168.0.9:1', version: '0.1.0', lastSeen: '' }],
      otherTeams: 0,
    },
    list: listOf(row({})),
  },
  engineSocket: {
    file: { path: '/run/docker.sock', mode: 0o660, uid: 0, gid: 106, group: 'docker' },
    access: 'allowed',
    user: 'ada',
    membership: 'now',
  },
  port: { wanted: 47_470, isConfigured: false, state: 'ours', holder: undefined },
  interfaces: [lan],
  route: { tunnels: ['wg0'], exit: 'eth0' },
  hearings: [hearing()],
  reached: [{ peer: 'bob', address: '192.168.0.9:39041', answer: 'yes' }],
  keyMadeAt: Date.parse('2026-01-01T00:00:00Z'),
  identityFile: '/home/ada/.config/p2pimg/identity.json',
};

/** The same, with other answers of the agent. */
export function answering(
  changes: Partial<StatusReport>,
  more: { by?: 'agent' | 'itself'; list?: ListReport | undefined } = {},
): Observations {
  if (well.answers.by === 'nobody') throw new Error('somebody answers');
  return { ...well, answers: { ...well.answers, ...more, status: { ...status, ...changes } } };
}

/** One way in which something is wrong: its title, and what the check of that name says of it. */
export type Case = readonly [string, CheckName, 'warning' | 'fail', RegExp, Observations];

export const findingOf = (check: CheckName, seen: Observations): NamedFinding | undefined =>
  examine(seen).find((finding) => finding.check === check);

export function todoOf(check: CheckName, seen: Observations): readonly string[] {
  const finding = findingOf(check, seen);
  return finding === undefined || finding.level === 'ok' ? [] : finding.todo;
}

/** Another state of the engine's socket. */
export const socket = (changes: object, file: object = {}) => {
  const { engineSocket } = well;
  if (engineSocket === undefined) throw new Error('there is one');
  return { engineSocket: { ...engineSocket, ...changes, file: { ...engineSocket.file, ...file } } };
};
