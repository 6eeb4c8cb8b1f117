import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { presentGet } from '../../../src/cli/present/get.js';
import { GetScreen } from '../../../src/cli/present/get-screen.js';
import { GetText } from '../../../src/cli/present/get-text.js';
import { widthOf } from '../../../src/cli/present/width.js';
import type { GetEvent } from '../../../src/control/api.js';
import { P2pimgError } from '../../../src/error.js';
import {
  buildbox,
  done,
  found,
  goodEvents,
  mara,
  oldDigest,
  plan,
  progress,
} from '../../control/scripted-operations.js';
import { writtenTerminal } from './written.js';

const id = (digest: string) => digest.slice(7, 15);

describe('a get as text', () => {
  function textOf(events: readonly GetEvent[], step = 0): string[] {
    const output = writtenTerminal();
    let time = 0;
    const text = new GetText(output, writtenTerminal(), () => time);
    for (const event of events) {
      text.event(event);
      time += step;
    }
    return output.text().trimEnd().split('\n');
  }

  it('is one line a moment', () => {
    expect(textOf(goodEvents)).toEqual([
      'team/app:2: looking on this network',
      `team/app:2: found ${id(done.type === 'done' ? done.id : '')} · linux/amd64 · 757 MB, at mara-thinkpad (2 others have it)`,
      'team/app:2: preparing at mara-thinkpad: docker writes a temporary copy',
      'team/app:2: here 3 of 4 layers, 732 MB; 25.1 MB to go',
      'team/app:2: 25.1 of 25.1 MB',
      'team/app:2: loading, docker is unpacking',
      `team/app:2 is here, proved: sha256:${id(done.type === 'done' ? done.id : '')}…  25.1 MB from mara-thinkpad in 1.4 s, 732 MB not sent`,
    ]);
  });

  it('tells the progress each five seconds, with the rate and what remains', () => {
    const lines = textOf(
      [plan, progress(0), progress(5_000_000), progress(10_000_000), progress(15_000_000)],
      2500,
    );
    expect(lines.slice(1)).toEqual([
      '5.0 of 25.1 MB, 2.00 MB/s, 0:11 left',
      '15.0 of 25.1 MB, 2.00 MB/s, 0:06 left',
    ]);
  });

  it('tells a lost peer and where it goes on', () => {
    expect(
      textOf([
        { type: 'lost', peer: mara, received: 16_200_000, givesUpInMs: 118_000 },
        { type: 'resumed', peer: buildbox, received: 16_200_000 },
      ]),
    ).toEqual([
      'lost mara-thinkpad at 16.2 MB; looking for another source (gives up in 1:58)',
      'going on from buildbox at 16.2 MB',
    ]);
  });

  it('shows estimates as such', () => {
    const lines = textOf(
      [
        { ...found, sizeExact: false } as GetEvent,
        { ...plan, bytesExact: false, layersHere: 0 } as GetEvent,
        { type: 'progress', received: 30, total: 20, totalExact: false, wire: 3 },
      ],
      6000,
    );
    expect(lines[0]).toContain('about 757 MB');
    expect(lines[1]).toBe('here none of 4 layers; about 25.1 MB to go');
    expect(lines[2]).toBe('30 B, more than estimated');
  });

  it('says what a tag that moved replaces, and where nothing had to come', () => {
    expect(textOf([{ ...done, replaced: oldDigest } as GetEvent])[0]).toMatch(
      new RegExp(`732 MB not sent; replaces ${id(oldDigest)}$`),
    );
    expect(textOf([{ ...done, already: true } as GetEvent])[0]).toMatch(
      / is here already: sha256:\w+… {2}nothing had to come$/,
    );
  });
});

describe('a get on a screen', () => {
  /** What the terminal shows in the end: only carriage returns and erasures are used within a line. */
  function screenOf(events: readonly GetEvent[], columns: number, env: NodeJS.ProcessEnv = {}) {
    const output = writtenTerminal(columns, { NO_COLOR: '1', ...env });
    let time = 0;
    const screen = new GetScreen(output, writtenTerminal(), () => time);
    for (const event of events) {
      screen.event(event);
      time += 900;
    }
    screen.close();
    const drawings = output.text().split(/\r|\n/).map(stripVTControlCharacters);
    const lines = output
      .text()
      .replaceAll('\x1b[?25l', '')
      .replaceAll('\x1b[?25h', '')
      .split('\n')
      .map((line) => line.split('\r\x1b[K').at(-1)?.split('\r').at(-1)?.replace('\x1b[K', '') ?? '');
    return { drawings, lines, raw: output.text() };
  }

  it('leaves what is settled, and ends with one sentence', () => {
    const { lines, raw } = screenOf(goodEvents, 120);
    const short = id(done.type === 'done' ? done.id : '');
    expect(lines).toEqual([
      `team/app:2  ${short} · linux/amd64 · 757 MB`,
      '  from      mara-thinkpad (2 others have it)',
      '  here      3 of 4 layers, 732 MB; 25.1 MB to go',
      '  ████████████████████████████  25.1 MB',
      '  loading   docker is unpacking',
      `✓ team/app:2 is here, proved: sha256:${short}…  25.1 MB from mara-thinkpad in 1.4 s, 732 MB not sent`,
      '',
    ]);
    expect(raw.lastIndexOf('\x1b[?25h')).toBeGreaterThan(raw.lastIndexOf('\x1b[?25l'));
  });

  it.each([30, 40, 60, 80, 200])('draws no line that would break at %d columns', (columns) => {
    const lost: GetEvent = { type: 'lost', peer: mara, received: 16_200_000, givesUpInMs: 118_000 };
    const events = [
      ...goodEvents.slice(0, 5),
      lost,
      { type: 'resumed', peer: buildbox, received: 1 } as const,
      ...goodEvents.slice(5),
    ];
    for (const env of [{}, { LANG: 'C' }])
      for (const drawing of screenOf(events, columns, env).drawings.filter((d) => !d.includes('proved')))
        expect(widthOf(drawing)).toBeLessThanOrEqual(Math.max(columns, 44));
  });

  it('is ASCII alone without Unicode', () => {
    const { drawings } = screenOf(goodEvents, 80, { LANG: 'C' });
    expect(drawings.join('')).toMatch(/^[\x20-\x7e]*$/);
    expect(drawings.join('')).toContain('OK team/app:2 is here');
  });

  it('counts the time that it waits for a lost peer, and says where it goes on', () => {
    vi.useFakeTimers();
    try {
      const output = writtenTerminal(100, { NO_COLOR: '1' });
      const screen = new GetScreen(output, writtenTerminal());
      screen.event({ type: 'lost', peer: mara, received: 16_200_000, givesUpInMs: 118_000 });
      vi.advanceTimersByTime(3000);
      screen.event({ type: 'resumed', peer: buildbox, received: 16_200_000 });
      screen.close();
      expect(output.text()).toContain(
        '  ⏸ lost mara-thinkpad at 16.2 MB; looking for another source (gives up in 1:58)',
      );
      expect(output.text()).toContain('(gives up in 1:55)');
      expect(output.text()).toContain(
        '  ⏸ lost mara-thinkpad at 16.2 MB\n  ▶ going on from buildbox at 16.2 MB\n',
      );
    } finally {
      vi.useRealTimers();
    }
  });

  it('shows nothing more but its end once it is being stopped', () => {
    const output = writtenTerminal(80);
    const screen = new GetScreen(output, writtenTerminal());
    screen.stopping();
    screen.event(plan);
    screen.close();
    expect(output.text()).toContain('once more to leave at once');
    expect(output.text()).not.toContain('layers');
  });
});

describe('a get for programs', () => {
  it('is quiet but for the name and the digest', () => {
    const output = writtenTerminal();
    const presenter = presentGet('quiet', output, writtenTerminal());
    for (const event of goodEvents) presenter.event(event);
    expect(output.text()).toBe(`team/app:2 ${done.type === 'done' ? done.configDigest : ''}\n`);
  });

  it('is one JSON object an event, an error too', () => {
    const output = writtenTerminal();
    const presenter = presentGet('json', output, writtenTerminal());
    for (const event of goodEvents) presenter.event(event);
    presenter.failed(new P2pimgError('NO_SPACE', 'full', { image: 'x' }));
    const objects = output
      .text()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(objects).toEqual([
      ...goodEvents,
      { type: 'error', code: 'NO_SPACE', message: 'full', facts: { image: 'x' } },
    ]);
  });
});
