import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlobVerifier, verified } from '../../src/archive/verify.js';
import { digestOf } from '../../src/image/digest.js';
import { bytesOf, failureOf, inChunks } from './samples.js';

async function passedOn(content: AsyncIterable<Buffer>): Promise<{ bytes: string; error: unknown }> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of content) chunks.push(chunk);
  } catch (error) {
    return { bytes: Buffer.concat(chunks).toString(), error };
  }
  return { bytes: Buffer.concat(chunks).toString(), error: undefined };
}

const right = Buffer.from('abcdef');
const digest = digestOf(right);

describe('verified', () => {
  it('hands on the very bytes, however they are cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array(), fc.integer({ min: 1, max: 9 }), async (array, size) => {
        const bytes = Buffer.from(array);
        expect(await bytesOf(verified(inChunks(bytes, size), digestOf(bytes), bytes.length))).toEqual(bytes);
      }),
    );
  });

  it('keeps back the last chunk of content with another digest, and tells both', async () => {
    const { bytes, error } = await passedOn(verified(inChunks(Buffer.from('abcdeX'), 2), digest, 6));
    expect(bytes).toBe('abcd');
    expect(error).toMatchObject({
      code: 'DIGEST_MISMATCH',
      facts: { digest, wanted: digest, got: digestOf('abcdeX') },
    });
  });

  it('keeps back the last chunk of content that is too long', async () => {
    const { bytes, error } = await passedOn(verified(inChunks(Buffer.from('abcdefg'), 3), digest, 6));
    expect(bytes).toBe('abc');
    expect(error).toMatchObject({ code: 'SIZE_MISMATCH', facts: { digest, wanted: 6, got: 7 } });
  });

  it('refuses content that is too short', async () => {
    const failure = await failureOf(bytesOf(verified(inChunks(Buffer.from('abcde'), 3), digest, 6)));
    expect(failure).toMatchObject({ code: 'SIZE_MISMATCH', facts: { digest, wanted: 6, got: 5 } });
  });

  it('refuses an empty blob that should not be empty by its digest', async () => {
    expect(await bytesOf(verified(inChunks(Buffer.alloc(0)), digestOf(''), 0))).toHaveLength(0);
    const failure = await failureOf(bytesOf(verified(inChunks(Buffer.alloc(0)), digest, 0)));
    expect(failure).toMatchObject({ code: 'DIGEST_MISMATCH' });
  });

  it('goes on at the byte where the content broke off, wherever that was', async () => {
    for (let at = 0; at <= right.length; at += 1) {
      const verifier = new BlobVerifier(digest, right.length);
      const first = await passedOn(
        verified(breakingAfter(right.subarray(0, at)), digest, right.length, verifier),
      );
      expect(first.error).toEqual(new Error('the connection broke'));
      expect(verifier.offset).toBe(at);
      const rest = inChunks(right.subarray(verifier.offset), 4);
      const second = await passedOn(verified(rest, digest, right.length, verifier));
      expect(second.error).toBeUndefined();
      expect(first.bytes + second.bytes).toBe('abcdef');
    }
  });

  it('notices that what broke off goes on with other bytes', async () => {
    const verifier = new BlobVerifier(digest, right.length);
    await passedOn(verified(breakingAfter(Buffer.from('abc')), digest, right.length, verifier));
    const second = await passedOn(verified(inChunks(Buffer.from('dXf')), digest, right.length, verifier));
    expect(second).toMatchObject({ bytes: '', error: { code: 'DIGEST_MISMATCH' } });
  });
});

async function* breakingAfter(bytes: Buffer): AsyncGenerator<Buffer> {
  yield* inChunks(bytes, 2);
  throw new Error('the connection broke');
}
