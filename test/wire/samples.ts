import { createCipheriv } from 'node:crypto';
import { asP2pimgError, type ErrorCode } from '../../src/error.js';

/** Bytes as they stand in a specification: hex, with spaces where they help. */
export const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');

/** The code that a call or a promise fails with. */
export async function codeOf(call: () => unknown): Promise<ErrorCode | 'nothing failed'> {
  try {
    await call();
    return 'nothing failed';
  } catch (error) {
    return asP2pimgError(error).code;
  }
}

/** Bytes in chunks of these sizes, the last of which goes on. */
export async function* inChunks(content: Buffer, ...sizes: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0;
  for (let next = 0; at < content.length; next += 1) {
    const size = sizes[Math.min(next, sizes.length - 1)] ?? content.length;
    yield content.subarray(at, at + size);
    at += size;
  }
}

/** All that comes, in a list. */
export async function listOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** Bytes that no compression makes smaller, the same every time. */
export function noise(length: number): Buffer {
  return createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(length));
}

/** One zstd frame of run-length blocks, which decodes to that many zeros (RFC 8878, section 3.1.1). */
export function bomb(length: number): Buffer {
  const blocks: Buffer[] = [];
  for (let left = length; left > 0; left -= 131_072) {
    const size = Math.min(left, 131_072);
    const head = (size << 3) | (1 << 1) | (left <= 131_072 ? 1 : 0);
    blocks.push(Buffer.from([head & 0xff, (head >> 8) & 0xff, head >> 16, 0]));
  }
  // A window of 1 MiB (section 3.1.1.1.2), and no word of the size.
  return Buffer.concat([bytes('28b52ffd 00 50'), ...blocks]);
}
