import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseGrace } from '../../src/cli/grace.js';
import { asideSentence } from '../../src/cli/hints.js';
import { runCommand, type ScriptedDevice, startScriptedDevice } from './command.js';

describe('a grace', () => {
  it.each([
    [undefined, 0],
    ['90s', 90],
    ['30m', 1_800],
    ['12h', 43_200],
    ['30d', 2_592_000],
  ])('of %s is %d seconds', (text, seconds) => {
    expect(parseGrace(text)).toBe(seconds);
  });

  it.each(['', '0h', '31d', '2592001s', '12', 'h', '1.5h', '-1h', '12h '])('is not "%s"', (text) => {
    expect(() => parseGrace(text)).toThrowError(expect.objectContaining({ code: 'USAGE' }));
  });
});

describe('who was set aside', () => {
  it('is told with the reason and the time, and the day where it is another', () => {
    const sentence = (until: Date) =>
      asideSentence({
        name: 'mallory',
        id: 'b'.repeat(64),
        code: 'DIGEST_MISMATCH',
        until: until.toISOString(),
      });
    const said = 'mallory sent something else than it said (DIGEST_MISMATCH): nothing is got from it until ';
    const evening = new Date();
    evening.setHours(23, 59);
    expect(sentence(evening)).toBe(`${said}23:59`);
    expect(sentence(new Date(2031, 0, 2, 3, 4))).toBe(`${said}2031-01-02 03:04`);
  });
});

describe('team rotate', { timeout: 60_000 }, () => {
  let device: ScriptedDevice;
  beforeEach(async () => {
    device = await startScriptedDevice();
  });
  afterEach(() => device.close());

  it('asks for no grace unless it is told to, and shows what the others type', async () => {
    const { code, stdout } = await runCommand(device.home, ['team', 'rotate']);
    expect(code).toBe(0);
    expect(stdout).toContain('old one   void');
    expect(stdout).toContain('p2pimg-invite-secret');
    await runCommand(device.home, ['team', 'rotate', '--grace', '12h']);
    expect(device.operations.calls).toEqual([
      { rotate: { graceSeconds: 0 } },
      { rotate: { graceSeconds: 43_200 } },
    ]);
  });

  it('ends with 2 for a grace that is none, and asks nobody', async () => {
    expect((await runCommand(device.home, ['team', 'rotate', '--grace', 'soon'])).code).toBe(2);
    expect(device.operations.calls).toEqual([]);
  });
});
