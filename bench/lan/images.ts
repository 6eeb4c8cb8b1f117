import { createHash } from 'node:crypto';
import type { Engine, EngineEvent } from '../../src/engine/port.js';
import { parseDigest } from '../../src/image/digest.js';
import type { ListedImage } from '../../src/image/image.js';
import { localPlatform } from '../../src/image/platform.js';
import { parseReference } from '../../src/image/reference.js';

/** So many different images does the team have in common; a peer has a stretch of them, and a few of its own. */
const commonImages = 4_000;
const ownShare = 0.05;

/** The images of one peer among many. */
export function imagesOf(peer: number, count: number): ListedImage[] {
  const own = Math.round(count * ownShare);
  return Array.from({ length: count }, (_, index) =>
    index < own
      ? image(`registry.example.com/peer-${peer}/app:${index}`)
      : image(`registry.example.com/team/app-${(peer * 37 + index) % commonImages}:1`),
  );
}

function image(name: string): ListedImage {
  const digest = (what: string) =>
    parseDigest(`sha256:${createHash('sha256').update(`${what} ${name}`).digest('hex')}`);
  return {
    id: digest('manifest'),
    configDigest: digest('config'),
    references: [parseReference(name)],
    platforms: [localPlatform()],
    size: 123_456_789,
    created: '2026-01-02T03:04:05Z',
  };
}

/** An engine that has these images, and gives none of them. */
export function engineOf(images: readonly ListedImage[]): Engine {
  const refuse = () => {
    throw new Error('this engine only lists');
  };
  const identity = {
    kind: 'store',
    version: '1',
    store: 'layout',
    address: 'layout:nowhere',
    platform: localPlatform(),
  } as const;
  return {
    identify: async () => identity,
    lane: async () => ({ name: 'blobs', why: 'nobody asks' }),
    list: async () => [...images],
    describe: refuse,
    hold: refuse,
    export: refuse,
    reader: refuse,
    puller: refuse,
    import: refuse,
    tag: refuse,
    events: async function* (): AsyncGenerator<EngineEvent> {},
    close: async () => undefined,
  };
}
