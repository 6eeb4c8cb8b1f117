import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestFromHex, digestOf, hex, isDigest, parseDigest, shortId } from '../../src/image/digest.js';
import { failureOf } from './samples.js';

const ofAbc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

describe('a digest', () => {
  it('is the SHA-256 of the bytes (FIPS 180-4)', () => {
    expect(digestOf('abc')).toBe(`sha256:${ofAbc}`);
    expect(digestOf(Buffer.from('abc'))).toBe(`sha256:${ofAbc}`);
    expect(digestOf('')).toBe('sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  it('of a text is that of its UTF-8', () => {
    expect(digestOf('ä')).toBe(digestOf(Buffer.from([0xc3, 0xa4])));
  });

  it('has 64 digits, of which people see eight', () => {
    const digest = parseDigest(`sha256:${ofAbc}`);
    expect(hex(digest)).toBe(ofAbc);
    expect(shortId(digest)).toBe('ba7816bf');
    expect(digestFromHex(ofAbc)).toBe(digest);
  });

  it.each([
    '',
    ofAbc,
    `sha256:${ofAbc.toUpperCase()}`,
    `sha256:${ofAbc.slice(1)}`,
    `sha256:${ofAbc}0`,
    `SHA256:${ofAbc}`,
    `sha256-${ofAbc}`,
    `sha512:${ofAbc}${ofAbc}`,
    ` sha256:${ofAbc}`,
    `sha256:${ofAbc}\n`,
  ])('is not %j', (text) => {
    expect(isDigest(text)).toBe(false);
    expect(failureOf(() => parseDigest(text)).code).toBe('DIGEST_INVALID');
  });

  it('that is none is quoted in part only', () => {
    expect(failureOf(() => parseDigest('x'.repeat(1000))).message.length).toBeLessThan(150);
  });

  it('is read back as it was', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const digest = digestOf(bytes);
        expect(isDigest(digest)).toBe(true);
        expect(digestFromHex(hex(digest))).toBe(digest);
      }),
    );
  });
});
