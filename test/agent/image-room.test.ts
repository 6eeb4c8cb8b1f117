import { describe, expect, it } from 'vitest';
import { freeFor, imageRoom } from '../../src/agent/image-room.js';
import { testFolder } from '../engine/store-folder.js';

const gigabyte = 1024 ** 3;

describe('the room for an image', () => {
  it('leaves a twentieth of a small disk free, and one GiB of a large one', () => {
    expect(freeFor({ bavail: 1_000, blocks: 2_000, bsize: 4096 })).toBe(1_000 * 4096 - 100 * 4096);
    expect(freeFor({ bavail: 500 * 1024, blocks: 1024 ** 2, bsize: 1024 ** 2 })).toBe(
      500 * gigabyte - gigabyte,
    );
  });

  it('is nothing where the reserve is reached', () => {
    expect(freeFor({ bavail: 99, blocks: 2_000, bsize: 4096 })).toBe(0);
  });

  it('is that of the embedded store’s disk, and not known of another engine’s', async () => {
    const own = await imageRoom(7, `layout:${await testFolder()}`);
    expect(own.allowed).toBe(7);
    expect(own.free).toBeGreaterThan(0);
    expect(await imageRoom(undefined, 'unix:///var/run/docker.sock')).toEqual({
      allowed: undefined,
      free: undefined,
    });
  });
});
