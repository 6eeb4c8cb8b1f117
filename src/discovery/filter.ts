import { createHmac } from 'node:crypto';
import type { PeerId } from '../wire/peer-id.js';

/** What a filter is made for: the team's 32-byte discovery key, the advertiser, and its catalogue's generation. */
export interface FilterContext {
  readonly key: Uint8Array;
  readonly peerId: PeerId;
  readonly generation: number;
}

const filterBytes = 450;
const bitBytes = filterBytes - 1;
const bitCount = bitBytes * 8;
const halfOfTheBits = bitCount / 2;
/** One HMAC-SHA256 gives sixteen 16-bit positions, and a half-full filter errs at 2^-16 with them. */
const maximumPositions = 16;

const itemDomain = 0;
const countDomain = 1;
const paddingDomain = 2;

/**
 * The image filter of an advertisement: a Bloom filter over canonical references and config digests, always 600
 * base64url characters (449 bytes of bits, then the masked number of positions an item has).
 *
 * Without the key nobody can test an item, and as peer ID and generation go into every position, filters of two
 * devices, or of one device before and after a change, have nothing in common. Bits are added until exactly half are
 * set, so their number tells nothing while the items fit into half (about 2,400). Beyond, it tells roughly how many
 * there are, and the filter degrades towards "ask anyway". What always shows is *that* the catalogue changed.
 * Whoever has the key, which is everyone in the team, can test guesses: that is what it is for.
 */
export function buildFilter(context: FilterContext, items: Iterable<string>): string {
  const digests = [...new Set(items)].map((item) => keyed(context, itemDomain, item));
  const best = Math.floor((Math.LN2 * bitCount) / Math.max(1, digests.length));
  let count = Math.min(maximumPositions, Math.max(1, best));
  let bits = setAll(digests, count);
  while (count > 1 && weight(bits) > halfOfTheBits) {
    count -= 1;
    bits = setAll(digests, count);
  }
  pad(bits, context);
  return Buffer.concat([bits, Buffer.of(count ^ mask(context))]).toString('base64url');
}

/** Whether the advertiser may share this item: never a false "no". True also for a filter that cannot be read. */
export function mayContain(context: FilterContext, filter: string | undefined, item: string): boolean {
  if (filter === undefined) return true;
  const bytes = Buffer.from(filter, 'base64url');
  if (bytes.length !== filterBytes) return true;
  const count = (bytes[bitBytes] ?? 0) ^ mask(context);
  if (count < 1 || count > maximumPositions) return true;
  return positions(keyed(context, itemDomain, item), count).every((position) => isSet(bytes, position));
}

function keyed(context: FilterContext, domain: number, text: string): Buffer {
  return createHmac('sha256', context.key)
    .update(`${context.peerId}\0${context.generation}`)
    .update(Uint8Array.of(0, domain))
    .update(text)
    .digest();
}

function mask(context: FilterContext): number {
  return keyed(context, countDomain, '').readUInt8(0);
}

function positions(digest: Buffer, count: number): number[] {
  return Array.from({ length: count }, (_, index) => digest.readUInt16BE(index * 2) % bitCount);
}

function setAll(digests: readonly Buffer[], count: number): Buffer {
  const bits = Buffer.alloc(bitBytes);
  for (const digest of digests) for (const position of positions(digest, count)) set(bits, position);
  return bits;
}

function pad(bits: Buffer, context: FilterContext): void {
  let missing = halfOfTheBits - weight(bits);
  for (let block = 0; missing > 0; block += 1) {
    for (const position of positions(keyed(context, paddingDomain, String(block)), maximumPositions)) {
      if (missing === 0) return;
      if (isSet(bits, position)) continue;
      set(bits, position);
      missing -= 1;
    }
  }
}

function set(bits: Buffer, position: number): void {
  bits[position >> 3] = (bits[position >> 3] ?? 0) | (1 << (position & 7));
}

function isSet(bits: Buffer, position: number): boolean {
  return ((bits[position >> 3] ?? 0) & (1 << (position & 7))) !== 0;
}

function weight(bits: Buffer): number {
  let ones = 0;
  for (let byte of bits) for (; byte !== 0; byte &= byte - 1) ones += 1;
  return ones;
}
