import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { writeFailure } from '../../src/cli/present/failure.js';
import { presentGet } from '../../src/cli/present/get.js';
import { listLines } from '../../src/cli/present/list.js';
import { noticeLines } from '../../src/cli/present/notice.js';
import { peersLines } from '../../src/cli/present/peers.js';
import { presentWay } from '../../src/cli/present/present-way.js';
import { limitLines, sharingLines } from '../../src/cli/present/settings.js';
import { statusLines } from '../../src/cli/present/status.js';
import { createdLines, inviteLines, joinedLines, leftLines, teamLines } from '../../src/cli/present/team.js';
import { upLines } from '../../src/cli/present/up.js';
import type { Terminal } from '../../src/cli/terminal.js';
import { describeFailure } from '../../src/cli/words.js';
import type { GetEvent } from '../../src/control/api.js';
import type { WayEvent } from '../../src/control/ways.js';
import { type ErrorCode, P2pimgError } from '../../src/error.js';
import { journalStyle, plainStyle, terminalStyle } from '../../src/log/styles.js';
import { goodEvents, mara, ScriptedOperations } from '../control/scripted-operations.js';
import { runCommand, startScriptedDevice } from './command.js';
import { writtenTerminal } from './present/written.js';

/** What a terminal obeys: a title, a cleared screen, a colour, text that runs backwards, C1, a link, a report, a bell. */
const hostile =
  '\x1b]0;title\x07\x1b[2J\x1b[31;8m\u202egnp.\u2066x\u2069\x9b1m\x9d52;c;aGk=\x9c\x1b]8;;http://x\x1b\\l\x1b]8;;\x1b\\\x1b[6n\x1bP+q\x1b\\\x00\r\n\b\x7f\u2028\x1bc';

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
const obeyed = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: what the live line draws with
const own = /\x1b\[(?:\?25[hl]|[0-9]*[AJK])|[\r\n]/g;

/** Words of the program itself, and digests, which are parsed where they come in: all other texts may be another's. */
const ours = new Set(['type', 'state', 'here', 'code', 'id', 'configDigest', 'replaced']);

/** The same with a hostile end to every text that another could have written. */
function poisoned<T>(value: T, key = ''): T {
  if (typeof value === 'string') return (ours.has(key) ? value : value + hostile) as T;
  if (Array.isArray(value)) return value.map((item) => poisoned(item, key)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, poisoned(item, name)])) as T;
}

/** A terminal without the last guard, so that what a presenter forgets shows. */
function unguarded(columns?: number): Terminal & { text(): string } {
  let text = '';
  const terminal = writtenTerminal(columns, { NO_COLOR: '1' });
  const write = (piece: string) => {
    text += piece;
  };
  return { ...terminal, write, text: () => text };
}

const scripted = new ScriptedOperations();
const { statusReport, teamReport } = poisoned({ ...scripted } as ScriptedOperations);
const row = {
  reference: 'team/app:2',
  id: 'sha256:0123456789abcdef',
  platforms: ['linux/arm64'],
  size: 1,
  created: '2025-01-01T00:00:00Z',
  peers: [mara],
  here: 'other' as const,
  other: { id: 'sha256:0123456789abcdef', older: true },
};
const list = poisoned({ team: 'tag', embeddedStore: '/store', images: [row], peers: [mara], otherTeams: 1 });
const peer = {
  ...mara,
  address: '10.0.0.1:1',
  engine: 'Docker',
  images: 1,
  lastSeen: '2025-01-01T00:00:00Z',
};
const peers = poisoned({ team: 'tag', embeddedStore: '/s', peers: [peer], gone: [peer], otherTeams: 1 });
const archives = {
  folder: '/archives',
  shared: 1,
  unshared: [{ file: 'a.tar', type: 'broken' as const, reason: 'it breaks off' }],
};
const status = {
  ...statusReport,
  archives: poisoned(archives),
  engine: poisoned({ state: 'down' as const, address: 'unix:///x', reason: 'it is gone' }),
};
const settings = poisoned({
  sharing: [{ share: 'team/*' }, { hide: 'x' }],
  paused: false,
  uploads: 4,
  shared: ['team/app:2'],
  hidden: ['x:1'],
});

const reports: [string, (terminal: Terminal) => string[]][] = [
  ['ls', (terminal) => listLines(list as never, undefined, terminal, 0)],
  ['ls without a match', (terminal) => listLines({ ...list, images: [] } as never, hostile, terminal, 0)],
  ['peers', (terminal) => peersLines(peers as never, terminal, 0)],
  ['no peers', (terminal) => peersLines({ ...peers, peers: [] } as never, terminal, 0)],
  ['status', (terminal) => statusLines(statusReport, terminal, 0)],
  ['status without an engine', (terminal) => statusLines(status, terminal, 0)],
  ['team create', (terminal) => createdLines(teamReport, terminal)],
  ['team join', (terminal) => joinedLines(teamReport, terminal)],
  ['team show', (terminal) => teamLines(teamReport, terminal)],
  ['team leave', (terminal) => leftLines(teamReport, terminal)],
  ['an invite', (terminal) => inviteLines(teamReport, terminal)],
  ['share and hide', (terminal) => sharingLines(settings, terminal)],
  ['limit', (terminal) => limitLines(settings, terminal)],
  ['up', (terminal) => upLines({ agent: 'running', status, team: teamReport, joined: false }, terminal)],
  ['the agent, ready', (terminal) => noticeLines({ type: 'ready', status, socket: hostile }, terminal)],
  ['the agent, in a team', (terminal) => noticeLines({ type: 'team', tag: hostile }, terminal)],
  [
    'the agent, of its engine',
    (terminal) => noticeLines({ type: 'engine', engine: status.engine }, terminal),
  ],
  [
    'the agent, in trouble',
    (terminal) => noticeLines({ type: 'trouble', code: hostile, message: hostile }, terminal),
  ],
];

const getEvents = poisoned<readonly GetEvent[]>([
  { type: 'looking', image: 'team/app:2', embeddedStore: '/store' },
  ...goodEvents.slice(1, 5),
  { type: 'lost', peer: mara, received: 1, givesUpInMs: 1 },
  { type: 'resumed', peer: mara, received: 1 },
  { type: 'pulling', image: 'x', engine: 'docker', received: 1, total: 2 },
  ...goodEvents.slice(5),
]);
const wayEvents = poisoned([
  { type: 'reading', file: 'a.tar', read: 1, total: 2 },
  { type: 'sound', file: 'a.tar', images: 1 },
  {
    type: 'found',
    image: 'x',
    names: ['x'],
    configDigest: 'sha256:0',
    platform: 'linux/amd64',
    size: 1,
    sizeExact: true,
    created: '2025-01-01T00:00:00Z',
    from: 'a',
    to: 'b',
  },
  { type: 'waiting', for: 'docker' },
  { type: 'loading', engine: 'docker' },
  {
    type: 'done',
    image: 'x',
    names: ['x', 'y'],
    configDigest: 'sha256:0',
    id: 'sha256:0',
    already: false,
    from: 'a',
    to: 'b',
    received: 1,
    reused: 1,
    durationMs: 1,
    replaced: ['sha256:0'],
  },
  {
    type: 'written',
    file: 'a.tar',
    size: 1,
    images: [{ image: 'x', configDigest: 'sha256:0' }],
    durationMs: 1,
  },
]) as readonly WayEvent[];

const source = readFileSync(new URL('../../src/error.ts', import.meta.url), 'utf8');
const codes = [...source.slice(0, source.indexOf(';')).matchAll(/'([A-Z_]+)'/g)].map(
  ([, code]) => code as ErrorCode,
);
const factNames =
  'image reference peer from address reason why file path folder port tag got wanted want platform engine version try command entry digest similar tried asked offered members candidates free needed agent team';
const facts = Object.fromEntries(
  factNames
    .split(' ')
    .map((name) => [name, /asked|tried|similar|offered|members|candidates/.test(name) ? [hostile] : hostile]),
);
const failure = (code: ErrorCode) => new P2pimgError(code, hostile, facts, new Error(hostile));

describe('what others wrote, all of it hostile,', () => {
  it('is a danger by itself', () => expect(hostile).toMatch(obeyed));

  describe.each([
    ['a terminal', 80],
    ['a narrow terminal', 24],
    ['a file', undefined],
  ] as const)('is shown without what a terminal obeys in %s', (_, columns) => {
    it.each(reports)('by %s', (_command, linesOf) => {
      const lines = linesOf(unguarded(columns));
      for (const line of lines) expect(line).not.toMatch(obeyed);
    });

    it.each(['moments', 'quiet', 'json'] as const)('by get, in the style of %s', (style) => {
      const terminal = unguarded(columns);
      const presenter = presentGet(style, terminal, terminal);
      for (const event of getEvents) presenter.event(event);
      presenter.failed(failure('PEER_LOST'));
      presenter.close();
      expect(terminal.text().length).toBeGreaterThan(0);
      expect(terminal.text().replace(own, '')).not.toMatch(obeyed);
    });

    it.each(['moments', 'quiet', 'json'] as const)('by save, load and copy, in the style of %s', (style) => {
      const terminal = unguarded(columns);
      const presenter = presentWay(style, terminal, terminal);
      for (const event of wayEvents) presenter.event(event);
      presenter.failed(failure('ARCHIVE_INVALID'));
      presenter.close();
      expect(terminal.text().replace(own, '')).not.toMatch(obeyed);
    });

    it.each(codes)('by the words of %s', (code) => {
      const terminal = unguarded(columns);
      writeFailure(describeFailure(failure(code)), terminal);
      expect(terminal.text().replace(own, '')).not.toMatch(obeyed);
    });
  });

  it.each([
    ['a file', plainStyle],
    ['the journal', journalStyle],
    ['a terminal', terminalStyle({ dim: String, yellow: String, red: String })],
  ])('stands in the log without what a terminal obeys, in the style of %s', (_, style) => {
    const fields = { peer: hostile, names: [hostile, hostile] };
    const line = style({ time: new Date(0), level: 'warn', message: hostile, fields });
    expect(line).toContain('title');
    expect(line).not.toMatch(obeyed);
  });

  it('loses at the last guard what a presenter forgot, and keeps what this program draws with', () => {
    const terminal = writtenTerminal(80);
    terminal.write(`\x1b[?25l\r\x1b[32m✓\x1b[39m ${hostile}\x1b[K\x1b[1A\x1b[J\x1b[?25h\n`);
    const text = terminal.text();
    expect(text.startsWith('\x1b[?25l\r\x1b[32m✓\x1b[39m ')).toBe(true);
    expect(text.endsWith('\x1b[K\x1b[1A\x1b[J\x1b[?25h\n')).toBe(true);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: of a hostile colour the number is left, no more
    expect(text.replace(/\x1b\[[0-9;]*m/g, '').replace(own, '')).not.toMatch(obeyed);
  });
});

describe.skipIf(process.platform === 'win32')('the command itself', { timeout: 120_000 }, () => {
  it('writes nothing to its outputs that a terminal obeys', async () => {
    const device = await startScriptedDevice();
    const { operations } = device;
    Object.assign(operations, {
      statusReport,
      teamReport,
      listReport: list,
      peersReport: peers,
      settingsReport: settings,
      onGet: async function* () {
        yield* getEvents.slice(0, 4);
        throw failure('REFUSED');
      },
    });
    try {
      for (const args of [
        ['ls'],
        ['peers'],
        ['status'],
        ['team', 'show'],
        ['share', 'x'],
        ['get', 'x'],
        ['ls', '--json'],
      ]) {
        const { stdout, stderr } = await runCommand(device.home, args);
        expect([args, (stdout + stderr).length > 20]).toEqual([args, true]);
        expect((stdout + stderr).replaceAll('\n', '')).not.toMatch(obeyed);
      }
    } finally {
      await device.close();
    }
  });
});
