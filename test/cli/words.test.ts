import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { exitCodeOf } from '../../src/cli/exit-codes.js';
import { writeFailure } from '../../src/cli/present/failure.js';
import { widthOf } from '../../src/cli/present/width.js';
import { describeFailure } from '../../src/cli/words.js';
import { type ErrorCode, P2pimgError } from '../../src/error.js';
import { writtenTerminal } from './present/written.js';

const source = readFileSync(new URL('../../src/error.ts', import.meta.url), 'utf8');
const codes = [...source.slice(0, source.indexOf(';')).matchAll(/'([A-Z_]+)'/g)].map(
  ([, code]) => code as ErrorCode,
);

function written(error: P2pimgError, columns?: number, env?: NodeJS.ProcessEnv): string {
  const terminal = writtenTerminal(columns, env);
  writeFailure(describeFailure(error), terminal);
  return terminal.text();
}

describe('the words of failures', () => {
  it('read like this', () => {
    const facts = {
      image: 'team/appp:2',
      asked: ['mara-thinkpad', 'buildbox', 'jonas-mbp'],
      similar: ['team/app:2', 'team/app:1'],
      otherTeams: 2,
    };
    expect(written(new P2pimgError('NOBODY_HAS_IT', 'nobody', facts))).toBe(
      [
        'p2pimg: nobody on this network has team/appp:2',
        '  asked     mara-thinkpad, buildbox, jonas-mbp',
        '  like it   team/app:2, team/app:1',
        '  try       p2pimg get team/app:2',
        '2 agents of another team are on this network; to join, ask a colleague for `p2pimg team show`',
        '',
      ].join('\n'),
    );
  });

  it.each(codes)('of %s tell what happened and fit 60 columns, whatever is known', (code) => {
    const facts = {
      image: 'team/app:2',
      peer: 'mara-thinkpad',
      reason: 'a reason',
      why: 'why it is',
      got: 'sha256:1',
      want: 'sha256:2',
      file: '/etc/x',
      address: 'unix:///run/docker.sock',
      received: 16_200_000,
      offered: ['linux/arm64'],
      members: ['mara'],
    };
    for (const error of [new P2pimgError(code, 'the message'), new P2pimgError(code, 'the message', facts)]) {
      const text = written(error, 60, { NO_COLOR: '1' });
      expect(text).toMatch(/^p2pimg: \S/);
      expect(text).not.toMatch(/undefined|\[object/);
      for (const line of text.split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(60);
    }
  });

  it('never show what a terminal obeys', () => {
    const facts = { image: 'x\x1b[2J', peer: 'evil\nname\u202e', reason: '\x1b]0;title\x07' };
    for (const code of codes) {
      const text = written(new P2pimgError(code, 'a \x1b[31mmessage', facts));
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
      expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    }
  });

  it('tell an error that only a newer agent knows as unexpected', () => {
    const error = new P2pimgError('FROM_THE_FUTURE' as ErrorCode, 'something new');
    expect(written(error)).toContain('something new');
    expect(exitCodeOf(error.code)).toBe(1);
  });
});
