import { describe, expect, it } from 'vitest';
import {
  localPlatform,
  normalisePlatform,
  parsePlatform,
  platformMatches,
  platformText,
} from '../../src/image/platform.js';
import { failureOf } from './samples.js';

describe('a platform', () => {
  it.each([
    ['linux/amd64', 'linux/amd64'],
    ['Linux/AMD64', 'linux/amd64'],
    ['linux/x86_64', 'linux/amd64'],
    ['linux/x86-64', 'linux/amd64'],
    ['linux/x64', 'linux/amd64'],
    ['linux/aarch64', 'linux/arm64'],
    ['linux/arm64/v8', 'linux/arm64'],
    ['linux/aarch64/v8', 'linux/arm64'],
    ['linux/arm64/v9', 'linux/arm64/v9'],
    ['linux/arm/v7', 'linux/arm/v7'],
    ['linux/arm/V6', 'linux/arm/v6'],
    ['linux/i386', 'linux/386'],
    ['linux/ia32', 'linux/386'],
    ['linux/riscv64', 'linux/riscv64'],
    ['windows/amd64', 'windows/amd64'],
  ])('%s is %s', (text, normal) => {
    expect(platformText(parsePlatform(text))).toBe(normal);
  });

  it.each(['', 'linux', 'linux/', '/amd64', 'linux/arm/v7/x', 'linux/arm/', 'linux amd64', 'linux/a b'])(
    'is not %j',
    (text) => {
      expect(failureOf(() => parsePlatform(text))).toMatchObject({
        code: 'PLATFORM_INVALID',
        facts: { platform: text },
      });
    },
  );

  it('has no variant where its variant says nothing', () => {
    expect(normalisePlatform({ os: 'linux', architecture: 'amd64', variant: '' })).toEqual({
      os: 'linux',
      architecture: 'amd64',
    });
  });

  it('matches what runs on it: a variant counts only where both name one', () => {
    const matches = (offered: string, asked: string) =>
      platformMatches(parsePlatform(offered), parsePlatform(asked));
    expect(matches('linux/amd64', 'linux/x86_64')).toBe(true);
    expect(matches('linux/arm', 'linux/arm/v7')).toBe(true);
    expect(matches('linux/arm/v7', 'linux/arm')).toBe(true);
    expect(matches('linux/arm/v6', 'linux/arm/v7')).toBe(false);
    expect(matches('linux/arm64', 'linux/amd64')).toBe(false);
    expect(matches('windows/amd64', 'linux/amd64')).toBe(false);
  });

  it('matches by what it means, not by how an engine writes it', () => {
    const engines = { os: 'Linux', architecture: 'aarch64', variant: 'v8' };
    expect(platformMatches(engines, { os: 'linux', architecture: 'arm64' })).toBe(true);
  });

  it('of this machine is Linux with its processor', () => {
    const names: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64', ia32: '386' };
    expect(localPlatform()).toEqual({
      os: 'linux',
      architecture: names[process.arch] ?? process.arch,
    });
  });
});
