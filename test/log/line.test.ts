import { closeSync, fstatSync, openSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LogRecord, logfmt } from '../../src/log/line.js';
import { Log } from '../../src/log/log.js';
import { isJournal, journalStyle, terminalStyle } from '../../src/log/styles.js';
import { writeInvite } from '../../src/trust/invite.js';
import { Team } from '../../src/trust/team.js';

const record = (changes: Partial<LogRecord> = {}): LogRecord => ({
  time: new Date('2026-03-01T12:00:00.5Z'),
  level: 'info',
  message: 'gave an image',
  fields: { image: 'team/app:2', bytes: 25_100_000, whole: true, absent: undefined },
  ...changes,
});
const plain = { dim: (text: string) => text, yellow: (text: string) => text, red: (text: string) => text };

/** A reader of logfmt that takes what this project writes, and nothing looser. */
function parse(line: string): Record<string, string> {
  const pair = /([\w.]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s"=\\]+))(?: |$)/y;
  const found: Record<string, string> = {};
  while (pair.lastIndex < line.length) {
    const at = pair.lastIndex;
    const match = pair.exec(line);
    if (match === null) throw new Error(`no logfmt at ${at}: ${line}`);
    const [, key = '', quoted, bare] = match;
    found[key] =
      bare ??
      (quoted ?? '').replace(/\\(?:u([0-9a-f]{4})|(.))/g, (_all, code?: string, letter = '') =>
        code === undefined
          ? (({ n: '\n', r: '\r', t: '\t' } as Record<string, string>)[letter] ?? letter)
          : String.fromCharCode(Number.parseInt(code, 16)),
      );
  }
  return found;
}

describe('a line of the log', () => {
  it('is logfmt, with the time first', () => {
    expect(logfmt(record())).toBe(
      'time=2026-03-01T12:00:00.500Z level=info msg="gave an image" image=team/app:2 bytes=25100000 whole=true',
    );
    expect(logfmt(record({ message: 'ready', fields: { peers: ['a', 'b'] } }), 'time')).toBe(
      'level=info msg=ready peers=a,b',
    );
  });

  it('gives back each value, whatever it holds, and is one line that no terminal obeys', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const line = logfmt(record({ message: text, fields: { value: text } }));
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
        expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u200b-\u200f]/);
        expect(parse(line)).toMatchObject({ msg: text, value: text });
      }),
    );
  });

  it('neither ends nor colours the lines after it', () => {
    const line = logfmt(record({ fields: { peer: 'a\u001b[31m" level=error\nmsg=forged' } }));
    expect(line).toContain('peer="a\\u001b[31m\\" level=error\\nmsg=forged"');
    const shown = terminalStyle(plain)(record({ message: 'a\u001b]0;b\u0007\nc' }));
    expect(shown).toContain('a\\u001b]0;b\\u0007\\nc');
  });

  it('keeps an invite to itself', () => {
    const secret = writeInvite(new Team(Buffer.alloc(32, 171)));
    for (const line of [
      logfmt(record({ message: `not an invite: ${secret}`, fields: { value: secret } })),
      terminalStyle(plain)(record({ message: secret, fields: { value: secret } })),
    ])
      expect(line.toLowerCase()).not.toContain(secret.slice(8, 24).toLowerCase());
  });

  it('is cut where it is endless', () => {
    expect(logfmt(record({ message: 'x'.repeat(1e6) })).length).toBeLessThan(1_200);
  });
});

describe('the styles', () => {
  it('leave the time to the journal, and give it a priority', () => {
    expect(journalStyle(record({ level: 'warn', message: 'trouble', fields: {} }))).toBe(
      '<4>level=warn msg=trouble',
    );
  });

  it('are readable at a terminal', () => {
    const time = new Date(2026, 2, 1, 9, 5, 7);
    expect(terminalStyle(plain)(record({ time, fields: { peer: 'mara' } }))).toBe(
      '09:05:07 info  gave an image  peer=mara',
    );
  });

  it('know the journal by the stream that systemd names, not by the variable alone', () => {
    const fd = openSync('/dev/null', 'w');
    const other = openSync(import.meta.filename, 'r');
    const { dev, ino } = fstatSync(fd);
    const env = { JOURNAL_STREAM: `${dev}:${ino}` };
    expect([isJournal(fd, env), isJournal(other, env), isJournal(fd, {})]).toEqual([true, false, false]);
    closeSync(fd);
    closeSync(other);
    expect(isJournal(fd, env)).toBe(false);
  });
});

describe('a log', () => {
  it('writes what matters as much as was asked for', () => {
    const written: string[] = [];
    const log = new Log(({ level, message }) => written.push(`${level} ${message}`), 'warn');
    for (const level of ['debug', 'info', 'warn', 'error'] as const) log.write(level, 'said');
    expect(written).toEqual(['warn said', 'error said']);
  });
});
