import type { Arrival, SendEvent } from '../../src/control/sending.js';
import type { WatchEvent } from '../../src/control/watching.js';
import { digestOf } from '../../src/image/digest.js';

const peer = { name: 'mara-thinkpad', id: 'aa11' };
const configDigest = digestOf('team/app:2');

/** The events of a `send` that goes well, after the peer's owner was asked. */
export const sendEvents: readonly SendEvent[] = [
  {
    type: 'offering',
    image: 'team/app:2',
    configDigest,
    platform: 'linux/amd64',
    size: 757_000_000,
    sizeExact: true,
    peer,
  },
  { type: 'asking', peer, expiresInMs: 600_000 },
  { type: 'accepted', peer },
  { type: 'preparing', what: 'waiting for a free upload' },
  { type: 'plan', layers: 4, layersHere: 3, bytesHere: 732_000_000, bytesToGo: 25_100_000, bytesExact: true },
  { type: 'progress', received: 16_200_000, total: 25_100_000, totalExact: true, wire: 8_000_000 },
  { type: 'lost', peer, received: 16_200_000, givesUpInMs: 118_000 },
  { type: 'resumed', peer, received: 16_200_000 },
  { type: 'progress', received: 25_100_000, total: 25_100_000, totalExact: true, wire: 13_000_000 },
  { type: 'loading', peer, engine: 'docker' },
  {
    type: 'done',
    image: 'team/app:2',
    configDigest,
    peer,
    id: configDigest,
    already: false,
    received: 25_100_000,
    wire: 13_000_000,
    reused: 732_000_000,
    durationMs: 1400,
    replaced: digestOf('team/app:1'),
  },
];

/** The events of a `watch --once`. */
export const watchEvents: readonly WatchEvent[] = [
  { type: 'watching', patterns: ['team/*'], peers: 3, newer: 1 },
  { type: 'coming', image: 'team/app:2', id: configDigest, size: 757_000_000, peers: [peer] },
  {
    type: 'failed',
    image: 'team/app:2',
    id: configDigest,
    code: 'PEER_LOST',
    message: 'gone',
    facts: { image: 'team/app:2', peer: 'mara-thinkpad' },
  },
  {
    type: 'got',
    image: 'team/app:2',
    configDigest,
    id: configDigest,
    size: 757_000_000,
    peer,
    received: 25_100_000,
    wire: 13_000_000,
    reused: 732_000_000,
    durationMs: 1400,
  },
];

/** One that waits for its owner, and one that is coming. */
export const arrivals: readonly Arrival[] = [
  {
    number: 3,
    state: 'waiting',
    peer,
    image: 'team/app:2',
    configDigest,
    platform: 'linux/amd64',
    size: 757_000_000,
    into: 'engine',
    expiresAt: '2020-01-01T00:09:12Z',
  },
  {
    number: 4,
    state: 'coming',
    peer: { name: 'buildbox', id: 'bb22' },
    image: 'team/db:14',
    configDigest,
    platform: 'linux/amd64',
    size: 412_000_000,
    into: 'engine',
    received: 16_200_000,
  },
];
