import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/image/digest.js';
import { maximumLayers } from '../../src/image/manifest.js';
import {
  type Message,
  maximumMessageLength,
  readMessage,
  violation,
  writeMessage,
} from '../../src/wire/message.js';
import { codeOf } from './samples.js';

const [digest, other] = [digestOf('one'), digestOf('other')];
const ticket = '0123456789abcdef0123456789abcdef';
const platform = { os: 'linux', architecture: 'arm', variant: 'v7' };
const stored = { mediaType: 'type', digest, json: '{}' };
const layer = { diffId: digest, mediaType: 'type', digest: other, size: 7 };
const image = { id: digest, configDigest: other, platform, size: 9, layers: [layer] };

const messages: { readonly [T in Message['type']]: readonly Extract<Message, { type: T }>[] } = {
  hello: [
    { type: 'hello', name: 'ada', version: '1.0', uploads: { active: 0, limit: 4 } },
    {
      type: 'hello',
      name: 'Ada’s ✨',
      version: '1',
      engine: { kind: 'docker', version: '28', store: 'classic' },
      uploads: { active: 4, limit: 4 },
      platform,
    },
  ],
  list: [{ type: 'list' }],
  catalogue: [
    { type: 'catalogue', generation: 0, images: [] },
    {
      type: 'catalogue',
      generation: Number.MAX_SAFE_INTEGER,
      images: [
        { id: digest, references: [], platforms: [], size: 0 },
        {
          id: digest,
          configDigest: other,
          references: ['a:1'],
          platforms: [platform],
          size: 1,
          created: '2024-02-29T12:34:56Z',
        },
      ],
    },
  ],
  changed: [{ type: 'changed', generation: 7 }],
  request: [{ type: 'request', image: 'docker.io/library/a:1', platform, encodings: ['brotli', 'zstd'] }],
  preparing: [{ type: 'preparing', what: 'waiting' }],
  offer: [
    { type: 'offer', image: { ...image, layers: [] }, encoding: 'identity' },
    { type: 'offer', image: { ...image, created: 'now', manifest: stored, index: stored }, encoding: 'zstd' },
    { type: 'offer', image, encoding: 'zstd', singly: true },
  ],
  want: [
    { type: 'want', digests: [] },
    { type: 'want', digests: [digest], singly: true },
    { type: 'want', digests: [digest], first: { digest: other, offset: 2 ** 40 } },
  ],
  ready: [{ type: 'ready', ticket }],
  read: [{ type: 'read', ticket, digest, offset: 2 ** 40 }],
  blob: [{ type: 'blob', digest, size: 0, offset: 0 }],
  blobEnd: [{ type: 'blobEnd', digest, size: 1 }],
  end: [{ type: 'end' }],
  refuse: [{ type: 'refuse', code: 'IMAGE_UNKNOWN', message: 'no' }],
  bring: [
    { type: 'bring', configDigest: digest, platform, size: 0, port: 65_535, into: 'archives' },
    { type: 'bring', reference: 'a:1', configDigest: digest, platform, size: 7, created: 'now', port: 1 },
  ],
  withdraw: [{ type: 'withdraw' }],
  asking: [{ type: 'asking', expiresInMs: 600_000 }],
  taking: [{ type: 'taking' }],
  plan: [{ type: 'plan', layers: 4, layersHere: 3, bytesHere: 9, bytesToGo: 1, bytesExact: false }],
  progress: [{ type: 'progress', received: 1, total: 2, totalExact: true, wire: 3 }],
  loading: [{ type: 'loading', engine: 'docker' }],
  lost: [{ type: 'lost', received: 1, givesUpInMs: 2 }],
  resumed: [{ type: 'resumed', received: 1 }],
  taken: [
    { type: 'taken', already: false, received: 1, wire: 2, reused: 3, file: 'app.tar.zst' },
    { type: 'taken', id: digest, already: true, received: 0, wire: 0, reused: 0, replaced: other },
  ],
};

const all = Object.values(messages).flat();
const text = (message: unknown): string => JSON.stringify(message);
const withField = (type: Message['type'], field: object): string =>
  text({ ...messages[type].at(-1), ...field });

describe('a message', () => {
  it.each(all.map((message) => [message.type, message] as const))(
    '%s is read as it was written',
    (_, message) => {
      expect(readMessage(writeMessage(message))).toEqual(message);
    },
  );

  it('is one line of JSON', () => {
    expect(writeMessage({ type: 'changed', generation: 7 })).toBe('{"type":"changed","generation":7}');
  });

  it.each(['dance', '', 'toString', '__proto__', 'constructor', 'HELLO'])(
    'of the type %j is a later version’s',
    (type) => {
      expect(readMessage(`{"type":${text(type)},"generation":1}`)).toBeUndefined();
    },
  );

  it('loses the fields that this version does not know, wherever they stand', () => {
    const offer = messages.offer[1];
    const later = {
      ...offer,
      urgent: true,
      image: { ...offer?.image, colour: 'red', layers: [{ ...layer, x: 1 }] },
    };
    expect(readMessage(text(later))).toEqual(offer);
  });

  it.each([
    ['no JSON', '{'],
    ['nothing', ''],
    ['null', 'null'],
    ['a list', '[]'],
    ['a text', '"hello"'],
    ['no type', '{}'],
    ['a type that is no text', '{"type":1}'],
    ['a field too few', '{"type":"changed"}'],
    ['a null for what may be left out', withField('want', { first: null })],
    ['a negative number', withField('changed', { generation: -1 })],
    ['a broken number', withField('blob', { offset: 0.5 })],
    ['a number past what is exact', withField('blob', { size: 2 ** 53 })],
    ['a digest in capitals', withField('blob', { digest: digest.toUpperCase() })],
    ['a digest that leads elsewhere', withField('want', { digests: ['sha256:../../../etc/passwd'] })],
    ['an encoding that nobody knows', withField('offer', { encoding: 'brotli' })],
    ['a platform without architecture', withField('request', { platform: { os: 'linux' } })],
    ['a name out of all measure', withField('hello', { name: 'x'.repeat(513) })],
    [
      'too many layers',
      withField('offer', { image: { ...image, layers: Array(maximumLayers + 1).fill(layer) } }),
    ],
    ['a ticket that is none', withField('ready', { ticket: '0123' })],
    ['a ticket of other letters', withField('read', { ticket: ticket.toUpperCase() })],
    ['a place before the beginning', withField('read', { offset: -1 })],
    ['a port that is none', withField('bring', { port: 0 })],
    ['a place to go to that nobody knows', withField('bring', { into: '/etc' })],
    ['too many wants', withField('want', { digests: Array(maximumLayers + 2).fill(digest) })],
    ['too many encodings', withField('request', { encodings: Array(17).fill('zstd') })],
  ])('is none with %s', async (_what, malformed) => {
    expect(await codeOf(() => readMessage(malformed))).toBe('PROTOCOL_VIOLATION');
  });

  it('is not even parsed past its longest', async () => {
    const list = '{"type":"list"}';
    expect(readMessage(list.padEnd(maximumMessageLength))).toEqual({ type: 'list' });
    expect(() => readMessage(list.padEnd(maximumMessageLength + 1))).toThrow(/too long/);
  });
});

describe('a violation', () => {
  it('says what the peer did, and why it is known', () => {
    const cause = new SyntaxError('x');
    expect(violation('nonsense', cause)).toMatchObject({
      code: 'PROTOCOL_VIOLATION',
      message: 'the peer sent nonsense',
      cause,
    });
  });
});
