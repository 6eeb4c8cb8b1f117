import { describe, expect, it } from 'vitest';
import { parseDockerManifest } from '../../src/archive/docker-manifest.js';
import { isPlausible, maximumPacketBytes, maximumPacketRecords } from '../../src/discovery/packet.js';
import { canonical, familiar, parseReference } from '../../src/image/reference.js';
import { readAddress } from '../../src/net/address.js';

/** A DNS header with these counts, and so many bytes in all. */
function packet(length: number, questions: number, ...records: readonly number[]): Buffer {
  const bytes = Buffer.alloc(length);
  for (const [index, count] of [questions, ...records].entries()) bytes.writeUInt16BE(count, 4 + 2 * index);
  return bytes;
}

describe('what the fuzzer found stays mended:', () => {
  it('a packet of 231 bytes that counts 32,769 answers is not decoded', () => {
    expect(isPlausible(packet(231, 0, 32_769, 0, 4))).toBe(false);
  });

  it('a packet is decoded with as many records as its bytes can hold, and not with one more', () => {
    expect(isPlausible(packet(12 + 2 * 5 + 3 * 11, 2, 1, 1, 1))).toBe(true);
    expect(isPlausible(packet(12 + 2 * 5 + 3 * 11, 2, 1, 1, 2))).toBe(false);
    expect(isPlausible(packet(12 + 2 * 5 + 3 * 11 - 1, 2, 1, 1, 1))).toBe(false);
  });

  it('a packet is decoded with 512 questions and records, and not with 513', () => {
    expect(isPlausible(packet(9_000, maximumPacketRecords - 3, 1, 1, 1))).toBe(true);
    expect(isPlausible(packet(9_000, maximumPacketRecords - 3, 1, 1, 2))).toBe(false);
  });

  it('a packet of 9,000 bytes is decoded, and none of 9,001', () => {
    expect(isPlausible(packet(maximumPacketBytes, 1, 1))).toBe(true);
    expect(isPlausible(packet(maximumPacketBytes + 1, 1, 1))).toBe(false);
    expect(isPlausible(packet(11, 0, 0))).toBe(false);
  });

  it('a repository of docker.io that is named like docker.io keeps its registry', () => {
    const reference = parseReference('docker.io/index.docker.io/foo.bar/app');
    expect(canonical(parseReference(familiar(reference)))).toBe(canonical(reference));
  });

  it('what stands in brackets is an IPv6 address, or there is no address', () => {
    expect(readAddress('[fe80:80::1eth0]:1')).toBeUndefined();
    expect(readAddress('[fe80::1%eth0]:1')).toEqual({ host: 'fe80::1%eth0', port: 1 });
  });

  it('a manifest.json that is not JSON is an unsound archive', () => {
    expect(() => parseDockerManifest('[{')).toThrow(expect.objectContaining({ code: 'ARCHIVE_INVALID' }));
  });
});
