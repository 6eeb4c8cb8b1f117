import fc from 'fast-check';
import { clean, jsonLine } from '../../../src/cli/present/clean.js';
import { instanceName, plainName } from '../../../src/discovery/name.js';
import { parseEndpoint, showEndpoint } from '../../../src/discovery/peer.js';
import { digestOf, parseDigest } from '../../../src/image/digest.js';
import { normalisePlatform, parsePlatform, platformText } from '../../../src/image/platform.js';
import { canonical, familiar, parseReference } from '../../../src/image/reference.js';
import { parseSelector, select } from '../../../src/image/selector.js';
import { readAddress, writeAddress } from '../../../src/net/address.js';
import { readInvite, writeInvite } from '../../../src/trust/invite.js';
import { Team } from '../../../src/trust/team.js';
import { parsePeerId } from '../../../src/wire/peer-id.js';
import { someReference } from '../../image/samples.js';
import { attempt, mustHold, type Target } from '../target.js';

const texts = (...all: readonly string[]) => all.map((text) => Buffer.from(text));
const digest = digestOf('one');

/** References, in every form: what is read must mean the same when it is written and read again. */
export const references: Target = {
  name: 'references',
  form: 'bytes',
  inputs: { test: 20000, share: 30 },
  seeds: () =>
    texts(
      'node:20',
      'docker.io/library/node:20',
      'ghcr.io/team/app:2',
      `localhost:5000/a/b/c:tag@${digest}`,
      '[::1]:5000/app',
      'index.docker.io/foo.bar/app',
      'Upper/app',
    ),
  grammar: someReference.map((text) => Buffer.from(text)),
  words: [
    ':',
    '/',
    '@',
    '@sha256:',
    digest,
    '..',
    '__',
    '--',
    'docker.io/',
    'library/',
    ':latest',
    '\x00',
    ' ',
  ],
  read(input) {
    const reference = parseReference(input.toString('utf8'));
    const whole = canonical(reference);
    mustHold(canonical(parseReference(whole)) === whole, 'a canonical reference is read as itself');
    mustHold(canonical(parseReference(familiar(reference))) === whole, 'a familiar reference means the same');
    mustHold(clean(whole) === whole || whole.length > 500, 'a reference is plain text');
  },
};

const listed = [
  { id: digest, configDigest: digestOf('config'), references: [parseReference('node:20')] },
  { id: digestOf('two'), references: [] },
];

/** Selectors, as a request and a command line name an image. */
export const selectors: Target = {
  name: 'selectors',
  form: 'bytes',
  inputs: { test: 20000, share: 22 },
  seeds: () =>
    texts('node:20', digest, digest.slice(7), digest.slice(7, 15), 'sha256:abcdef', 'abcdef', 'abc'),
  grammar: fc
    .tuple(fc.constantFrom('', 'sha256:'), fc.stringMatching(/^[0-9a-f]{0,66}$/))
    .map((parts) => Buffer.from(parts.join(''))),
  words: ['sha256:', digest, ':', '@', 'node:20', 'f'.repeat(64)],
  read(input) {
    const selector = parseSelector(input.toString('utf8'));
    mustHold(select(listed, selector).length <= listed.length, 'an image is selected once');
  },
};

const invite = writeInvite(new Team(Buffer.alloc(32, 1)));

/** All other single words: digests, platforms, addresses, invites, names; each input is read as each of them. */
export const words: Target = {
  name: 'words',
  form: 'bytes',
  inputs: { test: 10000, share: 10 },
  seeds: () =>
    texts(
      digest,
      'linux/arm/v7',
      'linux/x86_64',
      '192.168.0.17:47470',
      '[fe80::1%eth0]:1',
      'laptop.local:80',
      invite,
      'a'.repeat(64),
      'mara-thinkpad',
      '\x1b]0;title\x07mara\x1b[31m',
      'عربي\u202e日本語',
    ),
  words: [
    'sha256:',
    '/',
    ':',
    '[',
    ']',
    '%',
    'p2pimg-',
    '\x1b[',
    '\x1b]8;;',
    '\x07',
    '\x9b',
    '\xe2\x80\xae',
    '\u00ff',
  ],
  read(input) {
    const text = input.toString('utf8');
    attempt(() => parseDigest(text));
    attempt(() => parsePeerId(text));
    const platform = attempt(() => parsePlatform(text));
    if (platform !== undefined) {
      const again = platformText(parsePlatform(platformText(platform)));
      mustHold(again === platformText(normalisePlatform(platform)), 'a platform is read as itself');
    }
    const endpoint = attempt(() => parseEndpoint(text));
    if (endpoint !== undefined) parseEndpoint(showEndpoint(endpoint));
    const target = readAddress(text);
    if (target !== undefined)
      mustHold(readAddress(writeAddress(target.host, target.port)) !== undefined, 'an address is read again');
    const team = attempt(() => readInvite(text));
    if (team !== undefined)
      mustHold(readInvite(writeInvite(team)).tag === team.tag, 'an invite is read again');
    const name = plainName(text, 'abcdef');
    mustHold(name !== '' && Buffer.byteLength(name) <= 63 && plainName(name, '') === name, 'a name is plain');
    mustHold(Buffer.byteLength(instanceName(text, 'abcdef')) <= 63, 'an instance is a label');
    mustHold(
      !obeyed.test(clean(text)) && !obeyed.test(jsonLine({ text })),
      'no terminal obeys what is shown',
    );
  },
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
const obeyed = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2028\u2029\u2066-\u2069]/;
