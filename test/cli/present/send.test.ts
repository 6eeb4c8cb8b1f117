import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { SendScreen } from '../../../src/cli/present/send-screen.js';
import { widthOf } from '../../../src/cli/present/width.js';
import { P2pimgError } from '../../../src/error.js';
import { sendEvents } from '../../control/scripted-sending.js';
import { writtenTerminal } from './written.js';

/** What a screen of so many columns shows of a `send`, each redrawn line as one of its own. */
function shown(columns: number, env: NodeJS.ProcessEnv = {}): string[] {
  const terminal = writtenTerminal(columns, env);
  const screen = new SendScreen(terminal, terminal, () => 0);
  for (const event of sendEvents) screen.event(event);
  screen.close();
  return stripVTControlCharacters(terminal.text()).split(/[\r\n]+/);
}

describe('a send on a terminal', () => {
  it('says whom it goes to, who is waited for, how far it is, and what came of it', () => {
    const lines = shown(100).join('\n');
    expect(lines).toMatch(/team\/app:2 {2}\w{8} · linux\/amd64 · 757 MB\n {2}to {8}mara-thinkpad\n/);
    expect(lines).toContain('waiting   for the owner of mara-thinkpad to accept (10:00 left)');
    expect(lines).toContain('waiting   for this machine: waiting for a free upload');
    expect(lines).toContain('there     3 of 4 layers, 732 MB; 25.1 MB to go');
    expect(lines).toMatch(/ 16\.2 of 25\.1 MB/);
    expect(lines).toContain(
      'lost      mara-thinkpad lost this machine at 16.2 MB, and tries again (gives up in 1:58)',
    );
    expect(lines).toContain('loading   docker is unpacking at mara-thinkpad');
    expect(lines).toMatch(/✓ team\/app:2 is at mara-thinkpad, proved: sha256:\w{8}…\n {2}25\.1 MB in 1\.4 s/);
  });

  it.each([60, 80, 200])('fits %d columns', (columns) => {
    expect(shown(columns).filter((line) => widthOf(line) > columns)).toEqual([]);
  });

  it('does without Unicode', () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is about them
    expect(shown(80, { LANG: 'C' }).join('')).toMatch(/^[\x00-\x7f]*$/);
  });

  it('says after Ctrl-C only what came of it', () => {
    const terminal = writtenTerminal(80);
    const screen = new SendScreen(terminal, terminal, () => 0);
    screen.stopping();
    for (const event of sendEvents.slice(0, -1)) screen.event(event);
    screen.failed(new P2pimgError('INTERRUPTED', 'interrupted', { image: 'team/app:2' }));
    const text = stripVTControlCharacters(terminal.text());
    expect(text).toContain('taking it back');
    expect(text).not.toContain('there');
    expect(text).toContain('p2pimg: interrupted; nothing of team/app:2 was kept');
  });
});
